import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  futimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { AudioCloudError } from '@audiocloud/api/errors';
import type { DiskSound } from './disk-sound.ts';
import { type MediaFile, openMediaFile } from './media-file.ts';
import type { SampleLayout } from './unpack-samples.ts';
import { readWavFormat } from './wav-format.ts';
import { WAV_HEADER_BYTES, wavHeader } from './wav-header.ts';

export interface PcmWriter {
  /** Appends frames; the planes may be used again afterwards. Throws TOO_LARGE, MEDIA_UNREADABLE. */
  write(planes: readonly Float32Array[], frames: number): void;
  /** The file as a whole, under its name. */
  finish(): DiskSound;
  /** Removes what was written. */
  abort(): void;
}

/** Another number when what is kept would be another sound: a decoder or the resampler changed. */
const VERSION = 1;
/** What is younger may be on its way into a task, and stays. */
const YOUNG_MS = 60_000;
/** What a writer that is alive has not touched for so long, it has left behind. */
const ABANDONED_MS = 3_600_000;
const BUFFER_BYTES = 2 ** 18;

/**
 * Sound that was decoded or converted to be played from the disk: WAV of 32-bit floats, one file for each source file and rate, in
 * a folder that any number of processes may share. [any] Blocks.
 *
 * What was not used for longest is deleted when a new one needs the room; what is open then can be read to the end.
 */
export class PcmCache {
  readonly #folder: string;
  readonly #maxBytes: number;

  constructor(folder: string, maxBytes: number) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  /** The name for what a file is, as it is now, at a rate; undefined: its own. Throws MEDIA_MISSING. */
  static keyOf(path: string, sampleRate: number | undefined): string {
    const facts = statSync(path, { throwIfNoEntry: false });
    if (!facts) throw new AudioCloudError('MEDIA_MISSING', `Cannot open '${path}': there is no such file`, { path });
    const what = [VERSION, path, facts.size, facts.mtimeMs, facts.ino, sampleRate ?? 0];
    return createHash('sha256').update(JSON.stringify(what)).digest('hex');
  }

  /** What is kept under a key; it counts as used. */
  find(key: string): DiskSound | undefined {
    const path = this.#path(key);
    try {
      const { mtimeMs } = statSync(path);
      utimesSync(path, Date.now() / 1000, mtimeMs / 1000); // in whole seconds, so that it stays what it is
      return soundOf(path);
    } catch {
      return undefined; // not there, or no WAV file: it is made again
    }
  }

  /** Begins to write what is to be kept under a key. Throws MEDIA_UNREADABLE when the folder cannot be written. */
  create(key: string, sampleRate: number, channels: number): PcmWriter {
    this.#tidy(0);
    const path = this.#path(key);
    const temporary = join(this.#folder, `${key.slice(0, 16)}-${randomUUID().slice(0, 8)}.part`);
    const guarded = <T>(work: () => T): T => {
      try {
        return work();
      } catch (cause) {
        if (cause instanceof AudioCloudError) throw cause;
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new AudioCloudError(
          'MEDIA_UNREADABLE',
          `Cannot keep decoded sound in '${this.#folder}': ${why}; make room, or set AUDIOCLOUD_CACHE`,
          { path: this.#folder },
          { cause },
        );
      }
    };
    const fd = guarded(() => {
      mkdirSync(this.#folder, { recursive: true });
      return openSync(temporary, 'wx', 0o600);
    });
    const step = channels * 4;
    const room = Math.max(1, Math.floor(BUFFER_BYTES / step));
    const interleaved = new Float32Array(room * channels);
    const bytes = new Uint8Array(interleaved.buffer);
    let filled = 0;
    let frames = 0;
    let isOpen = true;
    const put = (from: Uint8Array, at: number) => {
      for (let done = 0; done < from.length; ) done += writeSync(fd, from, done, from.length - done, at + done);
    };
    const flush = () => {
      put(bytes.subarray(0, filled * step), WAV_HEADER_BYTES + (frames - filled) * step);
      filled = 0;
    };
    const abort = () => {
      if (!isOpen) return;
      isOpen = false;
      closeSync(fd);
      rmSync(temporary, { force: true });
    };
    return {
      write: (planes, count) =>
        guarded(() => {
          const wanted = WAV_HEADER_BYTES + (frames + count) * step;
          if (wanted > this.#maxBytes) throw tooLarge(wanted, this.#maxBytes);
          for (let first = 0; first < count; ) {
            const part = Math.min(count - first, room - filled);
            for (let c = 0; c < channels; c++) {
              const plane = planes[c]!;
              for (let i = 0, to = filled * channels + c; i < part; i++, to += channels)
                interleaved[to] = plane[first + i]!;
            }
            filled += part;
            frames += part;
            first += part;
            if (filled === room) flush();
          }
        }),
      finish: () =>
        guarded(() => {
          flush();
          put(wavHeader(sampleRate, channels, '32f', frames), 0);
          const nowSeconds = Math.floor(Date.now() / 1000);
          futimesSync(fd, nowSeconds, nowSeconds);
          fsyncSync(fd); // a name must not outlive a crash without its bytes
          const { size } = fstatSync(fd);
          closeSync(fd);
          isOpen = false;
          this.#tidy(size);
          renameSync(temporary, path);
          return soundOf(path);
        }),
      abort,
    };
  }

  /** Makes room for so many bytes, and removes what crashes left. */
  #tidy(bytes: number): void {
    const now = Date.now();
    const kept: { path: string; size: number; usedMs: number }[] = [];
    for (const name of this.#names()) {
      const path = join(this.#folder, name);
      const facts = statSync(path, { throwIfNoEntry: false });
      if (!facts?.isFile()) continue;
      if (name.endsWith('.wav')) kept.push({ path, size: facts.size, usedMs: facts.atimeMs });
      else if (name.endsWith('.part') && now - facts.mtimeMs > ABANDONED_MS) rmSync(path, { force: true });
    }
    let sum = kept.reduce((all, { size }) => all + size, bytes);
    for (const { path, size, usedMs } of kept.sort((a, b) => a.usedMs - b.usedMs)) {
      if (sum <= this.#maxBytes || now - usedMs < YOUNG_MS) break;
      rmSync(path, { force: true });
      sum -= size;
    }
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder);
    } catch {
      return []; // it is made with the first file
    }
  }

  #path(key: string): string {
    return join(this.#folder, `${key}.wav`);
  }
}

/** A WAV file as it is now. Throws what readWavFormat throws. */
export function soundOf(path: string): DiskSound {
  const file = openMediaFile(path);
  try {
    return soundIn(file, path, readWavFormat);
  } finally {
    file.close();
  }
}

/** The sound of an open file whose format `read` knows. Throws what that throws. */
export function soundIn(file: MediaFile, path: string, read: typeof readWavFormat): DiskSound {
  const { frames, sampleRate, dataOffset, encoding, bits, channels, isBigEndian, isSigned } = read(file);
  const { size, mtimeMs, ino } = statSync(path);
  const layout: SampleLayout = {
    encoding,
    bits,
    channels,
    ...(isBigEndian === undefined ? {} : { isBigEndian }),
    ...(isSigned === undefined ? {} : { isSigned }),
  };
  return { sampleRate, channels, frames, file: { ...layout, path, sizeBytes: size, mtimeMs, ino, dataOffset } };
}

const tooLarge = (bytes: number, maxBytes: number) =>
  new AudioCloudError(
    'TOO_LARGE',
    `Cannot keep decoded sound: it needs more than ${bytes} bytes, ${maxBytes} are allowed; raise AUDIOCLOUD_PCM_CACHE_MIB`,
    { bytes, maxBytes },
  );
