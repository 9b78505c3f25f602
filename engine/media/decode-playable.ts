import type { AudioData } from './audio-data.ts';
import { collectSound } from './collect-sound.ts';
import type { DiskSound } from './disk-sound.ts';
import { createResampleStream } from './encode/resample-stream.ts';
import type { MediaFile } from './media-file.ts';
import { openSound } from './open-sound.ts';
import { PcmCache } from './pcm-cache.ts';
import { resample } from './resample.ts';
import type { Beat, SoundPiece } from './sound-stream.ts';

/** Where sound is kept that is too long for memory, and from which length on. */
export interface KeepOptions {
  folder: string;
  maxBytes: number;
  key: string;
  /** Longer sound is kept on the disk. */
  fromSeconds: number;
}

/**
 * Decodes a file of any known format at `sampleRate`: what is short into memory, what is long into the PCM cache, piece by piece,
 * so that memory does not grow with its length. The samples are those of decodeMedia. [decode]
 *
 * Throws MEDIA_UNSUPPORTED, MEDIA_DAMAGED, MEDIA_MISSING, TOO_LARGE.
 */
export async function decodePlayable(
  file: MediaFile,
  sampleRate: number,
  maxBytes: number,
  keep: KeepOptions,
  beat: Beat,
): Promise<AudioData | DiskSound> {
  const sound = await openSound(file, beat);
  const { format } = sound;
  const mostFrames = keep.fromSeconds * format.sampleRate;
  const stream = sound.pieces();
  const begun: SoundPiece[] = [];
  let frames = 0;
  let isOver = false;
  while (frames <= mostFrames) {
    const next = await stream.next();
    if (next.done) {
      isOver = true;
      break;
    }
    begun.push(next.value);
    frames += next.value.frames;
  }
  if (isOver) {
    const audio = await collectSound({ format, pieces: () => given(begun) }, maxBytes);
    return resample(audio, sampleRate, maxBytes, beat);
  }
  const writer = new PcmCache(keep.folder, keep.maxBytes).create(keep.key, sampleRate, format.channels);
  try {
    const converter =
      format.sampleRate === sampleRate
        ? undefined
        : createResampleStream(format.sampleRate, sampleRate, format.channels, (planes, count) =>
            writer.write(planes, count),
          );
    const take = (piece: SoundPiece) => {
      if (converter) converter.push(piece.planes, 0, piece.frames);
      else writer.write(piece.planes, piece.frames);
      beat();
    };
    for (const piece of begun.splice(0)) take(piece);
    for await (const piece of stream) take(piece);
    converter?.end();
    return writer.finish();
  } catch (error) {
    writer.abort();
    throw error;
  }
}

// biome-ignore lint/suspicious/useAwait: a stream is asked for its pieces
async function* given(pieces: readonly SoundPiece[]): AsyncGenerator<SoundPiece, void> {
  yield* pieces;
}
