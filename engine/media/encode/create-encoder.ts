import type { OutputTags, SettledOutput } from '@audiocloud/api';
import type { PutBytes, SoundEncoder } from './sound-encoder.ts';
import { createWavEncoder } from './wav-encoder.ts';

export interface CreateEncoderOptions {
  /** Undefined: not known. */
  frames: number | undefined;
  tags: OutputTags;
  seed: number;
}

/** The encoder for an output. Each is loaded only when it is needed: their libraries are large. [encode] */
export async function createEncoder(
  output: SettledOutput,
  options: CreateEncoderOptions,
  put: PutBytes,
): Promise<SoundEncoder> {
  const all = { ...output, ...options };
  const { depth = 's24', bitRate = 128_000 } = output;
  switch (output.format) {
    case 'wav':
      return createWavEncoder({ ...all, depth }, put);
    case 'flac':
      return (await import('./flac-encoder.ts')).createFlacEncoder({ ...all, depth }, put);
    case 'mp3':
      return (await import('./mp3-encoder.ts')).createMp3Encoder({ ...all, bitRate }, put);
    case 'opus':
      return (await import('./opus-encoder.ts')).createOpusEncoder({ ...all, bitRate }, put);
  }
}
