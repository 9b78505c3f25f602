import type { EngineFacts } from '@audiocloud/api';
import type { Wake } from '../thread/wake.ts';

export type DeviceFacts = EngineFacts['device'];

export interface DeviceSettings {
  sampleRate: number;
  blockFrames: number;
}

/** What a running device needs: the threads that it wakes, and whom to tell that it is gone. */
export interface DeviceHost {
  wake: Wake;
  /** At most once; the device has then stopped. why: ends the sentence `The device is lost: …`. */
  onLost(why: string): void;
}

/** The clock of an engine: asks the render threads for blocks when they are due, and plays them. [control] */
export interface Device {
  readonly facts: DeviceFacts;
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
