import { type AudioData, allocateAudio, refuseTooLarge } from './audio-data.ts';
import type { MediaFile } from './media-file.ts';
import { pcmPiece } from './pcm-stream.ts';
import { readWavFormat } from './wav-format.ts';

const CHUNK_FRAMES = 16384;

/**
 * All of a WAV file at once. [decode]
 *
 * progress: called with the frames done, between chunks. Throws as readWavFormat; TOO_LARGE; MEDIA_DAMAGED as pcmStream.
 */
export function readWav(file: MediaFile, maxBytes: number, progress: (frames: number) => void): AudioData {
  const format = readWavFormat(file);
  const { channels, frames, sampleRate } = format;
  refuseTooLarge(frames, channels, maxBytes);
  const audio = allocateAudio(sampleRate, channels, frames);
  for (let first = 0; first < frames; first += CHUNK_FRAMES) {
    const { planes, frames: count } = pcmPiece(file, 'wav', format, first, Math.min(CHUNK_FRAMES, frames - first));
    for (let c = 0; c < channels; c++) audio.data[c]!.set(planes[c]!, first);
    progress(first + count);
  }
  return audio;
}
