/** Where a stream goes. Calls come one after the other. */
export interface SoundTarget {
  /** What it is, for people. */
  readonly name: string;
  /** Interleaved frames, full scale 1. Returns how many frames were not taken because it is behind. */
  write(samples: Float32Array): Promise<number>;
  /** Completes it. */
  close(): Promise<void>;
  /** Rejects when it cannot go on; resolves when it ended by itself. */
  readonly ended: Promise<void>;
}

export interface SoundFormat {
  sampleRate: number;
  channels: number;
}
