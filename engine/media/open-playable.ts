import { setImmediate as nextTurn } from 'node:timers/promises';
import { resolve } from 'node:path';
import { type DiskSettings, diskSettings } from '../disk/disk-settings.ts';
import type { AudioData } from './audio-data.ts';
import { findStream } from './decode-media.ts';
import type { DiskSound, Sound } from './disk-sound.ts';
import { openMediaFile } from './media-file.ts';
import { openMedia } from './open-media.ts';
import { PcmCache, soundOf } from './pcm-cache.ts';
import { readWavFormat } from './wav-format.ts';

export interface OpenPlayableOptions {
  sampleRate: number;
  /** An instance has it in a slot: then it is held in memory as well. */
  isWhole?: boolean;
  signal?: AbortSignal;
  /** Default: those of the environment. */
  disk?: DiskSettings;
}

/** Frames that are written at once. */
const PIECE_FRAMES = 65_536;
const flights = new Map<string, Promise<DiskSound>>();

/**
 * Opens a file for clips: what is longer than `fromSeconds` stays on the disk, and is read where it is played. [control]
 *
 * Uncompressed sound at the rate that is wanted is read at its place, and can be played at once. Everything else is decoded and
 * converted first, once, into the PCM cache. Throws what openMedia throws.
 */
export async function openPlayable(path: string, options: OpenPlayableOptions): Promise<Sound> {
  const { sampleRate, signal, isWhole = false, disk = diskSettings(process.env) } = options;
  const file = resolve(path);
  const whole = () => openMedia(file, { sampleRate, ...(signal ? { signal } : {}) });
  if (isWhole) return whole();
  const isLong = (frames: number) => frames > disk.fromSeconds * sampleRate;
  const inPlace = pcmInPlace(file, sampleRate);
  if (inPlace) return isLong(inPlace.frames) ? inPlace : whole();
  const cache = new PcmCache(disk.pcmDir, disk.pcmBytes);
  const key = PcmCache.keyOf(file, sampleRate);
  const known = cache.find(key);
  if (known) return known;
  const audio = await whole();
  if (!isLong(audio.frames)) return audio;
  let flight = flights.get(key);
  if (!flight) {
    flight = keep(cache, key, audio).finally(() => flights.delete(key));
    flights.set(key, flight);
  }
  return flight;
}

/** Uncompressed sound at this rate, where it lies. Throws MEDIA_MISSING, MEDIA_DAMAGED. */
function pcmInPlace(path: string, sampleRate: number): DiskSound | undefined {
  const file = openMediaFile(path);
  try {
    if (findStream(file).format !== 'wav' || readWavFormat(file).sampleRate !== sampleRate) return undefined;
  } catch {
    return undefined; // whoever decodes it says what is wrong
  } finally {
    file.close();
  }
  return soundOf(path);
}

async function keep(
  cache: PcmCache,
  key: string,
  { sampleRate, channels, frames, data }: AudioData,
): Promise<DiskSound> {
  const writer = cache.create(key, sampleRate, channels);
  try {
    for (let first = 0; first < frames; first += PIECE_FRAMES) {
      const end = Math.min(frames, first + PIECE_FRAMES);
      writer.write(
        data.map((plane) => plane.subarray(first, end)),
        end - first,
      );
      await nextTurn();
    }
    return writer.finish();
  } catch (error) {
    writer.abort();
    throw error;
  }
}
