import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { AudioCloudError } from '@audiocloud/api';
import { createSamplePacker } from './sample-packer.ts';
import { bytesOfSample, WAV_HEADER_BYTES, type WavBits, wavHeader } from './wav-header.ts';

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

const BUFFER_BYTES = 2 ** 18;

/**
 * Opens a file beside `path`, under a temporary name: `path` itself is either complete or not there. The bytes depend
 * only on samples and options, not on how they are cut into calls. Above 4 GiB the file is RF64. [control]
 *
 * Throws RENDER_FAILED for what the disk refuses; the temporary file is removed then.
 */
export async function createWavWriter(path: string, options: WavWriterOptions): Promise<WavWriter> {
  const { sampleRate, channels, bits } = options;
  const temporary = `${path}.${randomUUID().slice(0, 8)}.part`;
  const frameBytes = channels * bytesOfSample(bits);
  const packer = createSamplePacker(channels, bits, options.seed ?? 0, options.dither ?? true);
  const buffer = new Uint8Array(Math.max(frameBytes, BUFFER_BYTES - (BUFFER_BYTES % frameBytes)));
  let filled = 0;
  let frames = 0;
  let isOpen = true;

  const refused = (cause: unknown) =>
    new AudioCloudError(
      'RENDER_FAILED',
      `Cannot write '${path}': ${cause instanceof Error ? cause.message : cause}; choose a folder that can be written and has room`,
      { path },
      { cause },
    );
  if ((await stat(path).catch(() => undefined))?.isDirectory()) throw refused('it is a folder');
  const file: FileHandle = await open(temporary, 'wx').catch((cause) => {
    throw refused(cause);
  });
  const cancel = async () => {
    if (!isOpen) return;
    isOpen = false;
    await file.close().catch(() => {});
    await rm(temporary, { force: true });
  };
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!isOpen) throw new AudioCloudError('RENDER_FAILED', `Cannot write '${path}': it is already closed`, { path });
    try {
      return await work();
    } catch (cause) {
      await cancel();
      throw refused(cause);
    }
  };
  const put = async (bytes: Uint8Array, position: number) => {
    for (let at = 0; at < bytes.length; )
      at += (await file.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
  };
  let position = WAV_HEADER_BYTES;
  const flush = async () => {
    await put(buffer.subarray(0, filled), position);
    position += filled;
    filled = 0;
  };

  await guarded(() => put(wavHeader(sampleRate, channels, bits, 0), 0));
  return {
    write: (planes, count = planes[0]?.length ?? 0) =>
      guarded(async () => {
        for (let first = 0; first < count; ) {
          const room = Math.min(count - first, (buffer.length - filled) / frameBytes);
          packer.pack(planes, first, room, buffer.subarray(filled, filled + room * frameBytes));
          filled += room * frameBytes;
          first += room;
          frames += room;
          if (filled === buffer.length) await flush();
        }
      }),
    close: () =>
      guarded(async () => {
        await flush();
        if ((frames * frameBytes) % 2 === 1) await put(new Uint8Array(1), position); // chunks are padded to even
        await put(wavHeader(sampleRate, channels, bits, frames), 0);
        await file.close();
        await rename(temporary, path);
        isOpen = false;
        return { frames, clippedSamples: packer.clippedSamples };
      }),
    cancel,
  };
}
