import type { GuardImage } from '../guard/guard-runner.ts';
import type { PageImage } from '../disk/page-store.ts';
import type { BranchPlan } from './branch-plan.ts';
import type { ReportImage } from './report-ring.ts';

/** A clip of a track with everything in frames, and its media in shared memory. */
export interface ClipImage {
  start: number;
  frames: number;
  /** First frame inside the media. */
  offset: number;
  gain: number;
  fadeIn: number;
  fadeOut: number;
  /** Planar, over a SharedArrayBuffer; one array serves all channels of a track when the media is mono. */
  media: Float32Array[];
  /** Where its media are on the disk: what of them is in memory; `media` is empty then. */
  disk?: PageImage;
}

/** One memory that the task renders in. Position in the list never changes while the task lives. */
export interface MemoryImage {
  /** No two memories have the same. */
  id: number;
  memory: WebAssembly.Memory;
  /** The plugin's render twin; null for a memory that holds buffers of the host alone. */
  module: WebAssembly.Module | null;
  /** By thread that may work in it at once: 0 renders the task, the others help (branch-plan.ts). */
  seats: SeatImage[];
}

/** What one thread has of its own in a memory that others work in, too. */
export interface SeatImage {
  /** The stack of its render twin; top 0: the module has none. */
  stackTop: number;
  stackLimit: number;
  /** Address of the word in which its block runner says at which record it is. */
  progress: number;
}

export interface InstanceImage {
  name: string;
  memory: number;
  record: number;
}

/** An automation lane: its points by frame of the timeline, in shared memory. */
export interface LaneImage {
  /** Another one for other points. */
  serial: number;
  memory: number;
  /** Of the instance. */
  record: number;
  parameter: number;
  /** -1: all values of the parameter. */
  index: number;
  /** Rising. */
  frames: Float64Array;
  values: Float64Array;
  /** 1: a straight line to the next point. */
  lines: Uint8Array;
  /** One word, not 0 while somebody plays the parameter by hand. */
  isHeld: Int32Array;
}

/** What stands until another value comes: a controller, a program, pressure or bend of one channel. */
export interface MidiStateImage {
  /** Status and controller: the same for the same thing in other notes. */
  key: number;
  /** Rising. */
  frames: Float64Array;
  /** Bytes of each message, the status lowest. */
  messages: Uint32Array;
  /** The message that brings what is there before any; 0: there is none (a program). */
  rest: number;
}

/** What the timeline plays on one midi input of an instance, in shared memory. There is one for each midi input, also an empty one. */
export interface NotesImage {
  /** Another one for other messages. */
  serial: number;
  memory: number;
  /** Of the instance. */
  record: number;
  /** Number of the midi input. */
  port: number;
  /** Rising; at one frame the ends of notes come first. */
  frames: Float64Array;
  /** Bytes of each message, the status lowest. */
  messages: Uint32Array;
  /** Of each message: which of `states` it sets, -1 for none. */
  stateOf: Int32Array;
  states: readonly MidiStateImage[];
  /** One byte for each channel and key: what the renderer knows of it. It stays with the instance, whoever renders it. */
  held: Uint8Array;
  /** One number: the timeline frame up to which it was played; -1: nothing of it yet. It stays as `held` does. */
  place: Float64Array;
}

/** Where the live sound of a track comes from: channels of the device, or the ring that a client's sound is pushed into. */
export type LiveSourceImage = { kind: 'device'; firstChannel: number } | { kind: 'push'; ring: SharedArrayBuffer };

export interface TrackImage {
  memory: number;
  addresses: number[];
  flags: number[];
  clips: readonly ClipImage[];
  /** Null: it plays clips alone. */
  source: LiveSourceImage | null;
}

export interface SinkImage {
  name: string;
  kind: 'stream' | 'device' | 'media';
  channels: number;
  firstChannel: number;
  ring: SharedArrayBuffer;
  /** Where its input channels are. */
  memory: number;
  addresses: number[];
  /** Address of its guard; null: it has none. */
  guard: number | null;
}

/** A piece of hardware: what is sent to it through channels of the device, and what comes back. */
export interface HardwareImage {
  /** device: output channel of the device for each channel. */
  send: { memory: number; addresses: number[]; device: readonly number[] };
  /** device: input channel of the device for each channel. gains: linear. */
  return: { memory: number; addresses: number[]; flags: number[]; device: readonly number[]; gains: readonly number[] };
}

/**
 * A compiled plan: everything that a render thread needs, made by the control side, posted as it is.
 * Addresses are bytes in the memory named beside them.
 */
export interface TaskImage {
  id: string;
  generation: number;
  sampleRate: number;
  maxFrames: number;
  shared: SharedArrayBuffer;
  memories: MemoryImage[];
  /** The block runner that works inside each memory. */
  host: WebAssembly.Module;
  /** Where the guards of the sinks are; null: they have none. */
  guard: GuardImage | null;
  tracks: TrackImage[];
  hardware: HardwareImage[];
  lanes: LaneImage[];
  notes: NotesImage[];
  /** What is done in a block after the tracks and before the sinks: STEP codes, eight numbers each. */
  steps: Int32Array;
  /** Numbers of `steps` that are the whole block, in order; what follows is the same once more, cut into branches. */
  wholeSteps: number;
  /** How several threads share a block; null: one thread renders it. */
  branches: BranchPlan | null;
  /** Those that fade out come last. */
  sinks: SinkImage[];
  instances: InstanceImage[];
  /** What is noted of reports after each block; null: nothing. */
  reports: ReportImage | null;
  /** Words to set when the image comes into use: memory, address, value. */
  pokes: Int32Array;
  /** Buffers to clear when the image comes into use: memory, address, bytes. */
  clears: Int32Array;
  /** Buffers to copy when the image comes into use: memory, address, address of the copy, bytes. */
  carries: Int32Array;
  /** Gains that go to another value from when the image comes into use: memory, record, frames to wait, value. */
  fades: Float64Array;
  /** Buffers that hold sound of the past, cleared when play begins: memory, address, bytes. */
  histories: Int32Array;
  /** Gains that may be on their way, which are there when play begins: memory, record. */
  gains: Int32Array;
}

export const STEP_NUMBERS = 8;
export const STEP = {
  /** memory, address of the program, first record, record after the last */
  run: 1,
  /** one channel: memory and address of the source, memory and address of the destination, flag of each, its chunk */
  copy: 2,
} as const;
