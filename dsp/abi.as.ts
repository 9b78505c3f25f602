/**
 * The plugin ABI `audiocloud:dsp` 1.0 (docs/plugin-abi.md): its constants, written once and exported as wasm globals
 * that the host compares at load, and its two structures.
 */
export const ac_abi: i32 = 0x00010000;

export const ac_layout_magic: i32 = 0x314c4341; // the bytes "ACL1"
export const ac_layout_size: i32 = 96;
export const ac_event_size: i32 = 24;
export const ac_event_capacity: i32 = 128;

export const ac_status_error: i32 = 0;
export const ac_status_continue: i32 = 1;
export const ac_status_continue_if_not_quiet: i32 = 2;
export const ac_status_tail: i32 = 3;
export const ac_status_sleep: i32 = 4;

export const ac_event_parameter: i32 = 1;
export const ac_event_ramp: i32 = 2;
export const ac_event_modulation: i32 = 3;
export const ac_event_bypass: i32 = 4;
export const ac_event_midi1: i32 = 5;
export const ac_event_ump: i32 = 6;
export const ac_event_transport: i32 = 7;
export const ac_event_custom: i32 = 8;
export const ac_event_all: i32 = -1; // aux of a parameter event that means every value of the parameter

export const ac_tail_endless: i32 = 0x7fffffff;
export const ac_buffer_align: i32 = 16;
export const ac_buffer_pad_frames: i32 = 4;

/**
 * What host and instance share, at the address `ac_create` returns. P written by the plugin, H by the host.
 *
 *  0 magic P · 4 size P · 8 model P · 12 maxFrames P · 16 inputPorts P · 20 outputPorts P · 24 inputWidths P/H
 * 28 outputWidths P/H · 32 inputs P then H · 36 outputs P then H · 40 events P · 44 eventCapacity P · 48 eventCount H then P
 * 52 status P · 56 outEvents P · 60 outEventCapacity P · 64 outEventCount P · 68 reports P · 72 reportCount P
 * 76 state P · 80 stateCapacity P · 84 silentIn H · 88 silentOut P · 92 flags P
 */
@unmanaged
export class Layout {
  magic: u32;
  size: u32;
  model: u32;
  maxFrames: u32;
  inputPorts: u32;
  outputPorts: u32;
  inputWidths: usize;
  outputWidths: usize;
  inputs: usize;
  outputs: usize;
  events: usize;
  eventCapacity: u32;
  eventCount: u32;
  status: u32;
  outEvents: usize;
  outEventCapacity: u32;
  outEventCount: u32;
  reports: usize;
  reportCount: u32;
  state: usize;
  stateCapacity: u32;
  silentIn: u32;
  silentOut: u32;
  flags: u32;
}

/** 0 frame u32 · 4 type u16 · 6 size u16 · 8 id u32 · 12 aux u32 · 16 value f64 · in ramps also 24 frames u32 */
@final
@unmanaged
export class Event {
  frame: u32;
  type: u16;
  size: u16;
  id: u32;
  aux: u32;
  value: f64;
  rampFrames: u32; // only where size is at least 32
}
