import type { EngineFacts, RackDevice, ThreadFacts } from '@audiocloud/api';
import type { Wake } from '../thread/wake.ts';
import type { DeviceGuardImages } from './guarded-mix.ts';

export type DeviceFacts = EngineFacts['device'];

export interface DeviceSettings {
  sampleRate: number;
  blockFrames: number;
  /** Blocks that the paced clock has in store: 0 to 64; default: 50 ms of them. A sound card has its own. */
  bufferBlocks?: number | undefined;
  /** What the rack says of it, where that is of its kind: channels, cables. */
  rack?: RackDevice | undefined;
}

/** What a running device needs: the threads that it wakes, and whom to tell that it is gone. */
export interface DeviceHost {
  wake: Wake;
  /** Of each of its outputs: what it plays goes through them. */
  guards: DeviceGuardImages;
  /** Where the levels of its outputs are told, when somebody wants them. */
  levels?: SharedArrayBuffer | undefined;
  /** As it was found with. */
  rack?: RackDevice | undefined;
  /** At most once; the device has then stopped. why: ends the sentence `The device is lost: …`. */
  onLost(why: string): void;
}

/** The clock of an engine: asks the render threads for blocks when they are due, and plays them. [control] */
export interface Device {
  readonly facts: DeviceFacts;
  /** The threads that it runs, and what the system gave them; none before it has started. */
  readonly threads: ThreadFacts[];
  /** Resolves when the first block was asked for. Throws DEVICE_FAILED. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** A kind of device. Adding one is a file and a line in `devices.ts`. */
export interface DeviceKind {
  /** The most blocks that it asks for at once. */
  maxBlocks: number;
  /** What is there, without keeping it. Throws DEVICE_FAILED. */
  find(settings: DeviceSettings): Promise<DeviceFacts>;
  open(facts: DeviceFacts, host: DeviceHost): Device;
}
