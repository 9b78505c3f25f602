import type { SoundChannels } from '@audiocloud/api';

/** How the sound of a fixed instance passes the engine's device. */
export interface FixedSound extends SoundChannels {
  /** From the block that sends a frame to the block that has it back. */
  latencyFrames: number;
  /** Linear, of each return channel. */
  gains: readonly number[];
}

/** Looks up a fixed instance by its id; undefined for one whose sound does not pass the device. */
export type SoundLookup = (id: string) => FixedSound | undefined;

export const NO_SOUND: SoundLookup = () => undefined;
