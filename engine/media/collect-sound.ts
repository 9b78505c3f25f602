import { AudioCloudError } from '@audiocloud/api/errors';
import { type AudioData, allocateAudio, refuseTooLarge } from './audio-data.ts';
import type { SoundPiece, SoundStream } from './sound-stream.ts';

/** All of a sound in one piece of shared memory. Throws MEDIA_DAMAGED as the stream does, TOO_LARGE. [decode] */
export async function collectSound(stream: SoundStream, maxBytes: number): Promise<AudioData> {
  const { sampleRate, channels, frames } = stream.format;
  if (frames !== undefined) refuseTooLarge(frames, channels, maxBytes);
  if (frames !== undefined) {
    const audio = allocateAudio(sampleRate, channels, frames);
    let at = 0;
    for await (const piece of stream.pieces()) at = put(audio, piece, at);
    return audio;
  }
  const pieces: SoundPiece[] = [];
  let total = 0;
  for await (const piece of stream.pieces()) {
    refuseTooLarge(total + piece.frames, channels, maxBytes);
    pieces.push(piece);
    total += piece.frames;
  }
  if (total === 0) throw new AudioCloudError('MEDIA_DAMAGED', 'Cannot decode the file: there is no sound in it');
  const audio = allocateAudio(sampleRate, channels, total);
  let at = 0;
  for (const piece of pieces) at = put(audio, piece, at);
  return audio;
}

function put(audio: AudioData, { planes, frames }: SoundPiece, at: number): number {
  for (let c = 0; c < audio.channels; c++) audio.data[c]!.set(planes[c]!, at);
  return at + frames;
}
