import { AudioCloudError } from '@audiocloud/api/errors';
import type { AudioData } from './audio-data.ts';
import type { MediaFile } from './media-file.ts';
import { id3Bytes, SNIFF_BYTES, sniffFormat, type MediaFormat } from './media-format.ts';
import { resample } from './resample.ts';
import { readWav } from './wav-reader.ts';

/** Where the stream of a file begins, and what it is. Throws MEDIA_UNSUPPORTED. [any] */
export function findStream(file: MediaFile): { format: MediaFormat; offset: number } {
  let head = file.read(0, SNIFF_BYTES);
  const offset = id3Bytes(head); // players put ID3 tags before FLAC as well
  if (offset > 0) head = file.read(offset, SNIFF_BYTES);
  const sniffed = sniffFormat(head);
  if ('format' in sniffed && !(sniffed.format === 'wav' && offset > 0)) return { format: sniffed.format, offset };
  const what = 'unsupported' in sniffed ? sniffed.unsupported : 'a WAV file behind an ID3 tag';
  throw new AudioCloudError(
    'MEDIA_UNSUPPORTED',
    `Cannot read the file: it looks like ${what}; wanted WAV, FLAC, MP3, Ogg Vorbis or Opus`,
    { looksLike: what },
  );
}

/**
 * Decodes a file of any known format at `sampleRate` (undefined: its own). Blocks its thread for as long as it takes.
 * Throws MEDIA_UNSUPPORTED, MEDIA_DAMAGED, TOO_LARGE. [decode]
 */
export async function decodeMedia(
  file: MediaFile,
  sampleRate: number | undefined,
  maxBytes: number,
  progress: () => void,
): Promise<AudioData> {
  const { format, offset } = findStream(file);
  let audio: AudioData;
  // Each decoder is loaded only when it is needed: together they are a megabyte of JavaScript.
  if (format === 'wav') audio = readWav(file, maxBytes, progress);
  else if (format === 'flac')
    audio = await (await import('./flac-decoder.ts')).decodeFlac(file, offset, maxBytes, progress);
  else if (format === 'mp3')
    audio = await (await import('./mp3-decoder.ts')).decodeMp3(file, offset, maxBytes, progress);
  else audio = await (await import('./ogg-decoder.ts')).decodeOgg(file, offset, format, maxBytes, progress);
  return resample(audio, sampleRate ?? audio.sampleRate, maxBytes, progress);
}
