import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AudioCloudError } from '@audiocloud/api';
import { type AudioData, MAX_MEDIA_BYTES } from './audio-data.ts';
import { decodeInThread } from './decode-pool.ts';
import type { KeepOptions } from './decode-playable.ts';
import { isOnDisk, type Sound } from './disk-sound.ts';
import { createMediaCache } from './media-cache.ts';

export interface OpenMediaOptions {
  /** Rate of the result; left out: that of the file. */
  sampleRate?: number;
  signal?: AbortSignal;
  /** Most bytes of decoded samples; default MAX_MEDIA_BYTES. */
  maxBytes?: number;
}

interface Flight {
  promise: Promise<Sound>;
  waiting: number;
  abort: AbortController;
}

const CACHE_BYTES = 512 * 2 ** 20;
const cache = createMediaCache(CACHE_BYTES);
/** Jobs under way: two tasks that open one file wait for one decoder. */
const flights = new Map<string, Flight>();

/**
 * Decodes a WAV, FLAC, MP3, Ogg Vorbis or Opus file, told by its content, and converts it to `sampleRate`, in a decode
 * thread. The result is shared with others who open the same file: read only. [control]
 *
 * Throws MEDIA_MISSING, MEDIA_UNSUPPORTED (says what the content looks like), MEDIA_DAMAGED (says where), TOO_LARGE (says
 * limit and size), RENDER_CANCELLED when `signal` aborts.
 */
export async function openMedia(path: string, options: OpenMediaOptions = {}): Promise<AudioData> {
  const { sampleRate, signal, maxBytes = MAX_MEDIA_BYTES } = options;
  const file = resolve(path);
  return shared(file, [sampleRate ?? 0, maxBytes], signal, (abort) =>
    decodeInThread({ path: file, sampleRate, maxBytes }, abort),
  ) as Promise<AudioData>;
}

/** As openMedia, at a rate; what is long is put on the disk, and not into memory. Throws as well what PcmCache throws. [control] */
export function openDecoded(
  path: string,
  sampleRate: number,
  keep: KeepOptions,
  signal: AbortSignal | undefined,
): Promise<Sound> {
  const maxBytes = MAX_MEDIA_BYTES;
  return shared(path, [sampleRate, maxBytes, keep.fromSeconds], signal, (abort) =>
    decodeInThread({ path, sampleRate, maxBytes, keep }, abort),
  );
}

/** What a file is, decoded in a certain way: once for all who want it. */
async function shared(
  file: string,
  how: readonly number[],
  signal: AbortSignal | undefined,
  decode: (signal: AbortSignal) => Promise<Sound>,
): Promise<Sound> {
  const facts = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    const what = cause.code === 'ENOENT' ? 'there is no such file' : String(cause.code);
    throw new AudioCloudError('MEDIA_MISSING', `Cannot open '${file}': ${what}`, { path: file }, { cause });
  });
  const key = JSON.stringify([file, facts.mtimeMs, facts.size, facts.ino, ...how]);
  const known = cache.get(key);
  if (known) return known;
  let flight = flights.get(key);
  if (!flight) {
    const abort = new AbortController();
    const promise = decode(abort.signal).then((sound) => {
      if (!isOnDisk(sound)) cache.put(key, sound);
      return sound;
    });
    const started: Flight = { promise, waiting: 0, abort };
    const land = () => flights.get(key) === started && flights.delete(key);
    promise.then(land, land);
    flights.set(key, started);
    flight = started;
  }
  return join(flight, key, file, signal);
}

/** Waits for a flight; when all who wait have cancelled, the flight itself is. */
async function join(flight: Flight, key: string, path: string, signal: AbortSignal | undefined): Promise<Sound> {
  flight.waiting++;
  if (!signal) return flight.promise;
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => {
    flight.waiting--;
    if (flight.waiting === 0) {
      flights.delete(key); // whoever comes now starts anew
      flight.abort.abort();
    }
    reject(new AudioCloudError('RENDER_CANCELLED', `Cannot open '${path}': it was cancelled`, { path }));
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([flight.promise, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
