import { type OutputSource, settleOutput, type SoundOutput, type WrittenSound } from '@audiocloud/api';
import { Loudness } from '../loudness.ts';
import { createEncoder } from './create-encoder.ts';
import { createOutputFile } from './output-file.ts';
import { createResampleStream } from './resample-stream.ts';
import { MOST_ENCODED_FRAMES } from './sound-encoder.ts';

export interface SoundWriterOptions {
  output: SoundOutput;
  /** What will be written. */
  source: OutputSource & {
    /** Undefined: nobody knows. */
    frames: number | undefined;
  };
  /** Where the file grows; see createOutputFile. */
  partPath?: string;
  /** Done to all of it, before it is encoded; default 0. */
  gainDb?: number;
  /** Of the dither; default 0. */
  seed?: number;
  /** false: `loudness` of what was written is not measured, which takes about as long as to encode FLAC. Default true. */
  isMeasured?: boolean;
}

/** Writes sound to a file of any format, as it comes. Await each call before the next. [encode] */
export interface SoundWriter {
  /** Bytes that a reader of the growing file finds. */
  readonly readableBytes: number;
  /** Appends `frames` frames (default: all) of one plane for each channel; the planes may be used again afterwards. */
  write(planes: readonly Float32Array[], frames?: number): Promise<void>;
  /** Completes the file, which waits for its name. */
  end(): Promise<WrittenSound>;
  /** Gives the file its name, after `end`: what had it is replaced. */
  commit(): Promise<void>;
  /** Removes what was written; what had the name before is as it was. Nothing happens after `commit`. */
  abort(): Promise<void>;
}

/**
 * Opens a file for the sound of `source`: converted to the rate of the output, its gain, measured, dithered, encoded, written. The
 * bytes depend on the samples and options alone, not on how they are cut into calls; the memory is bounded. [encode]
 *
 * Throws REQUEST_INVALID (settleOutput); RENDER_FAILED, here and in each call, for what the disk refuses.
 */
export async function createSoundWriter(path: string, options: SoundWriterOptions): Promise<SoundWriter> {
  const { output, source, gainDb = 0, seed = 0, isMeasured = true } = options;
  const settled = settleOutput(output, source);
  const { sampleRate, channels, resampler, format } = settled;
  const file = await createOutputFile(path, options.partPath);
  const framesOf = (frames: number) => Math.round((frames * sampleRate) / source.sampleRate);
  const encoder = await createEncoder(
    settled,
    { frames: source.frames === undefined ? undefined : framesOf(source.frames), tags: output.tags ?? {}, seed },
    file.put,
  ).catch(async (error: unknown) => {
    await file.abort();
    throw error;
  });
  const loudness = isMeasured ? new Loudness(sampleRate, channels) : undefined;
  const gain = 10 ** (gainDb / 20);
  const scaled = Array.from({ length: channels }, () => new Float32Array(gain === 1 ? 0 : MOST_ENCODED_FRAMES));
  let peak = 0;
  let frames = 0;

  const encode = (planes: readonly Float32Array[], first: number, count: number) => {
    loudness?.add(planes, count, first);
    for (let c = 0; c < channels; c++) peak = peakOf(planes[c]!, first, count, peak);
    encoder.encode(planes, first, count);
    frames += count;
  };
  /** At most MOST_ENCODED_FRAMES. */
  const take = (planes: readonly Float32Array[], first: number, count: number) => {
    if (gain === 1) {
      encode(planes, first, count);
      return;
    }
    for (let c = 0; c < channels; c++) {
      const [from, to] = [planes[c]!, scaled[c]!];
      for (let i = 0; i < count; i++) to[i] = from[first + i]! * gain;
    }
    encode(scaled, 0, count);
  };
  const converter =
    source.sampleRate === sampleRate
      ? undefined
      : createResampleStream(
          source.sampleRate,
          sampleRate,
          channels,
          (planes, count) => take(planes, 0, count),
          resampler,
        );
  const abort = async () => {
    encoder.free();
    await file.abort();
  };
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      await abort();
      throw error;
    }
  };
  return {
    get readableBytes() {
      return file.readableBytes;
    },
    write: (planes, count = planes[0]?.length ?? 0) =>
      guarded(async () => {
        for (let first = 0; first < count; first += MOST_ENCODED_FRAMES) {
          const part = Math.min(MOST_ENCODED_FRAMES, count - first);
          if (converter) converter.push(planes, first, part);
          else take(planes, first, part);
          await file.drain();
        }
      }),
    end: () =>
      guarded(async () => {
        converter?.end();
        const { clippedSamples, head } = encoder.end();
        const { bytes, sha256 } = await file.end(head);
        encoder.free();
        return {
          format,
          sampleRate,
          channels,
          frames,
          bytes,
          sha256,
          clippedSamples,
          peak,
          ...(loudness ? { loudness: loudness.result() } : {}),
        };
      }),
    commit: () => file.commit(),
    abort,
  };
}

/** The largest sample that is a number, at least `peak`. */
function peakOf(plane: Float32Array, first: number, frames: number, peak: number): number {
  let most = peak;
  for (let i = first; i < first + frames; i++) {
    const size = Math.abs(plane[i]!);
    if (size > most && size !== Number.POSITIVE_INFINITY) most = size;
  }
  return most;
}
