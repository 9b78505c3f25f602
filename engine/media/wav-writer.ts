import { createOutputFile } from './encode/output-file.ts';
import { MOST_ENCODED_FRAMES } from './encode/sound-encoder.ts';
import { createWavEncoder } from './encode/wav-encoder.ts';
import type { WavBits } from './wav-header.ts';

export interface WavWriterOptions {
  sampleRate: number;
  channels: number;
  bits: WavBits;
  /** Of the dither; default 0. */
  seed?: number;
  /** TPDF dither for 16 and 24 bits; default true. */
  dither?: boolean;
}

export interface WavWritten {
  frames: number;
  /** Samples beyond full scale, held at it; always 0 for 32f, which has no limit. */
  clippedSamples: number;
}

/** Writes one WAV file as it is rendered. Await each call before the next. [control] */
export interface WavWriter {
  /** Appends `frames` frames (default: all) of one plane for each channel; the planes may be used again afterwards. */
  write(planes: readonly Float32Array[], frames?: number): Promise<void>;
  /** Completes the header and gives the file its name, replacing what had it. */
  close(): Promise<WavWritten>;
  /** Removes what was written; what had the name before is as it was. Nothing happens after close. */
  cancel(): Promise<void>;
}

const DEPTHS = { 16: 's16', 24: 's24', 32: 's32', '32f': 'f32' } as const;

/**
 * A WAV file of a length that is not yet known; see createOutputFile and createWavEncoder. [control]
 *
 * Throws RENDER_FAILED for what the disk refuses; the temporary file is removed then.
 */
export async function createWavWriter(path: string, options: WavWriterOptions): Promise<WavWriter> {
  const { bits, seed = 0, dither = true, ...format } = options;
  const file = await createOutputFile(path);
  const encoder = createWavEncoder(
    {
      ...format,
      depth: DEPTHS[bits],
      dither: dither ? 'tpdf' : 'none',
      isSilenceKept: false,
      frames: undefined,
      tags: {},
      seed,
    },
    file.put,
  );
  let frames = 0;
  return {
    async write(planes, count = planes[0]?.length ?? 0) {
      for (let first = 0; first < count; first += MOST_ENCODED_FRAMES) {
        encoder.encode(planes, first, Math.min(MOST_ENCODED_FRAMES, count - first));
        await file.drain();
      }
      frames += count;
    },
    async close() {
      const { clippedSamples, head } = encoder.end();
      await file.end(head);
      await file.commit();
      return { frames, clippedSamples };
    },
    cancel: () => file.abort(),
  };
}
