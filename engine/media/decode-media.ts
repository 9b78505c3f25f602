import type { AudioData } from './audio-data.ts';
import { collectSound } from './collect-sound.ts';
import type { MediaFile } from './media-file.ts';
import { openSound } from './open-sound.ts';
import { resample } from './resample.ts';
import type { Beat } from './sound-stream.ts';

/**
 * Decodes a file of any known format at `sampleRate` (undefined: its own). Blocks its thread for as long as it takes.
 * Throws MEDIA_UNSUPPORTED, MEDIA_DAMAGED, TOO_LARGE. [decode]
 */
export async function decodeMedia(
  file: MediaFile,
  sampleRate: number | undefined,
  maxBytes: number,
  beat: Beat,
): Promise<AudioData> {
  const audio = await collectSound(await openSound(file, beat), maxBytes);
  return resample(audio, sampleRate ?? audio.sampleRate, maxBytes, beat);
}
