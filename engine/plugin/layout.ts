/**
 * The plugin ABI `audiocloud:dsp` 1.0 as the host sees it (docs/plugin-abi.md). `dsp/abi.as.ts` says the same in
 * AssemblyScript; what a module exports of it is compared at load by `abi-constants.ts`.
 */
export const ABI_MAJOR = 1;
export const ABI_MINOR = 0;

/** Byte offsets of the words of a layout, from the address that ac_create returns. All are u32. */
export const LAYOUT = {
  magic: 0,
  size: 4,
  model: 8,
  maxFrames: 12,
  inputPorts: 16,
  outputPorts: 20,
  inputWidths: 24,
  outputWidths: 28,
  inputs: 32,
  outputs: 36,
  events: 40,
  eventCapacity: 44,
  eventCount: 48,
  status: 52,
  outEvents: 56,
  outEventCapacity: 60,
  outEventCount: 64,
  reports: 68,
  reportCount: 72,
  state: 76,
  stateCapacity: 80,
  silentIn: 84,
  silentOut: 88,
  flags: 92,
} as const;

/** The bytes "ACL1". */
export const LAYOUT_MAGIC = 0x314c4341;
export const LAYOUT_SIZE = 96;

/** Byte offsets within an event. */
export const EVENT = { frame: 0, type: 4, size: 6, id: 8, aux: 12, value: 16, rampFrames: 24 } as const;
export const EVENT_SIZE = 24;
export const RAMP_EVENT_SIZE = 32;
export const LEAST_EVENT_CAPACITY = 128;
/** The aux of a parameter event that means every value of the parameter. */
export const EVENT_ALL = 0xffffffff;

export const EVENT_TYPE = {
  parameter: 1,
  ramp: 2,
  modulation: 3,
  bypass: 4,
  midi1: 5,
  ump: 6,
  transport: 7,
  custom: 8,
} as const;

export const STATUS = { error: 0, continue: 1, continueIfNotQuiet: 2, tail: 3, sleep: 4 } as const;
export type Status = (typeof STATUS)[keyof typeof STATUS];

export const TAIL_ENDLESS = 0x7fffffff;
/** Buffers begin at a multiple of this many bytes, and are as long as a multiple of this many frames. */
export const BUFFER_ALIGN = 16;
export const BUFFER_PAD_FRAMES = 4;
