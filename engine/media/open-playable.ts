import { resolve } from 'node:path';
import { type DiskSettings, diskSettings } from '../disk/disk-settings.ts';
import { readAiffFormat } from './aiff-format.ts';
import type { DiskSound, Sound } from './disk-sound.ts';
import { type MediaFile, openMediaFile } from './media-file.ts';
import { openDecoded, openMedia } from './open-media.ts';
import { findStream } from './open-sound.ts';
import { PcmCache, soundIn } from './pcm-cache.ts';
import { readWavFormat } from './wav-format.ts';

export interface OpenPlayableOptions {
  sampleRate: number;
  /** An instance has it in a slot: then it is held in memory. */
  isWhole?: boolean;
  signal?: AbortSignal;
  /** Default: those of the environment. */
  disk?: DiskSettings;
}

/**
 * Opens a file for clips: what is longer than `fromSeconds` stays on the disk, and is read where it is played. [control]
 *
 * Uncompressed sound at the rate that is wanted is read at its place, and can be played at once. Everything else that is long is
 * decoded and converted first, once, into the PCM cache. Throws what openMedia and PcmCache throw.
 */
export async function openPlayable(path: string, options: OpenPlayableOptions): Promise<Sound> {
  const { sampleRate, signal, isWhole = false, disk = diskSettings(process.env) } = options;
  const file = resolve(path);
  const whole = () => openMedia(file, { sampleRate, ...(signal ? { signal } : {}) });
  if (isWhole) return whole();
  const there = pcmAt(file);
  if (there?.sampleRate === sampleRate) return there.frames > disk.fromSeconds * sampleRate ? there : whole();
  if (disk.pcmBytes === 0) return whole();
  const key = PcmCache.keyOf(file, sampleRate);
  return (
    new PcmCache(disk.pcmDir, disk.pcmBytes).find(key) ??
    openDecoded(
      file,
      sampleRate,
      { folder: disk.pcmDir, maxBytes: disk.pcmBytes, key, fromSeconds: disk.fromSeconds },
      signal,
    )
  );
}

/** Uncompressed sound where it lies; undefined for what has to be decoded. Throws MEDIA_MISSING, MEDIA_UNSUPPORTED. */
function pcmAt(path: string): DiskSound | undefined {
  const file = openMediaFile(path);
  try {
    const read = readerOf(file);
    return read && soundIn(file, path, read);
  } catch {
    return undefined; // whoever decodes it says what is wrong with it
  } finally {
    file.close();
  }
}

function readerOf(file: MediaFile): typeof readWavFormat | undefined {
  const found = findStream(file);
  if (!('format' in found)) return undefined;
  return { wav: readWavFormat, aiff: readAiffFormat }[found.format as string];
}
