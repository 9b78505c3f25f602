import { setImmediate } from 'node:timers/promises';
import type { InspectLimits, MediaFacts } from '@audiocloud/api';
import { AudioCloudError } from '@audiocloud/api/errors';
import { Loudness } from './loudness.ts';
import { openMediaFile } from './media-file.ts';
import { readTags } from './media-tags.ts';
import { openSound } from './open-sound.ts';
import { PeaksWriter } from './peaks-writer.ts';
import type { SoundFormat } from './sound-stream.ts';

/** What is to be looked into. */
export interface InspectRequest {
  path: string;
  peaksPath?: string;
  limits?: InspectLimits;
}

/** How far it is. */
export interface InspectProgress {
  /** Samples of all channels so far: the work that was done. */
  samples: number;
  frames: number;
  ofFrames: number;
}

const DEFAULTS: Required<InspectLimits> = { seconds: 86400, decodedBytes: 2 ** 38, ratio: 200 };
/** So much may come out of however little: 23 minutes of silent stereo are no attack. */
const RATIO_FROM_BYTES = 2 ** 28;
const TELL_MS = 200;

/**
 * Decodes a whole file and says what it is. Runs for as long as that takes, in memory that does not grow with the length; `tell`
 * is called a few times a second while there is progress. [decode]
 *
 * Throws MEDIA_MISSING, MEDIA_UNSUPPORTED, MEDIA_DAMAGED, TOO_LARGE with the limit and how far over.
 */
export async function inspectFile(
  { path, peaksPath, limits }: InspectRequest,
  tell: (progress: InspectProgress) => void,
): Promise<MediaFacts> {
  const file = openMediaFile(path);
  let peaks: PeaksWriter | undefined;
  try {
    const progress: InspectProgress = { samples: 0, frames: 0, ofFrames: 1 };
    let toldAt = performance.now();
    const beat = () => {
      const now = performance.now();
      if (now - toldAt < TELL_MS) return;
      toldAt = now;
      tell(progress);
    };
    const { format, pieces } = await openSound(file, beat);
    const { channels, sampleRate } = format;
    const checkSize = sizeCheck(format, file.sizeBytes, { ...DEFAULTS, ...limits });
    if (format.frames !== undefined) checkSize(format.frames);
    const expected = format.frames ?? format.expectedFrames ?? 0;
    const loudness = new Loudness(sampleRate, channels);
    if (peaksPath !== undefined) peaks = new PeaksWriter(peaksPath, sampleRate, channels);
    let frames = 0;
    let turnedAt = performance.now();
    for await (const piece of pieces()) {
      frames += piece.frames;
      checkSize(frames);
      loudness.add(piece.planes, piece.frames);
      peaks?.add(piece.planes, piece.frames);
      progress.samples = frames * channels;
      progress.frames = frames;
      progress.ofFrames = Math.max(expected, frames, 1);
      beat();
      if (performance.now() - turnedAt > TELL_MS) {
        await setImmediate(); // who asked may have gone
        turnedAt = performance.now();
      }
    }
    const tags = await readTags(path);
    peaks?.finish();
    peaks = undefined;
    tell({ ...progress, ofFrames: Math.max(frames, 1) });
    const { container, codec, isLossy, bitDepth, hasVideo } = format;
    return {
      container,
      codec,
      sampleRate,
      channels,
      frames,
      isLossy,
      ...(bitDepth === undefined ? {} : { bitDepth }),
      ...(hasVideo ? { hasVideo } : {}),
      loudness: loudness.result(),
      tags,
    };
  } finally {
    peaks?.discard();
    file.close();
  }
}

/** Throws TOO_LARGE when so many frames, found or announced, are beyond a limit. */
function sizeCheck({ channels, sampleRate }: SoundFormat, fileBytes: number, limits: Required<InspectLimits>) {
  const refused = (what: string, limit: number, found: number, unit: string, name: string) =>
    new AudioCloudError(
      'TOO_LARGE',
      `Cannot take the sound: ${what} ${round(found)}${unit} or more, at most ${round(limit)}${unit} are allowed, ${round(found - limit)}${unit} over`,
      { limit: name, allowed: limit, found, over: found - limit },
    );
  return (frames: number) => {
    const bytes = frames * channels * 4;
    if (frames / sampleRate > limits.seconds)
      throw refused('it is as long as', limits.seconds, frames / sampleRate, ' s', 'seconds');
    if (bytes > limits.decodedBytes)
      throw refused('it decodes to', limits.decodedBytes, bytes, ' bytes', 'decodedBytes');
    if (bytes > RATIO_FROM_BYTES && bytes > limits.ratio * fileBytes)
      throw refused(
        `its ${fileBytes} bytes decode to`,
        Math.max(RATIO_FROM_BYTES, limits.ratio * fileBytes),
        bytes,
        ' bytes',
        'ratio',
      );
  };
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
