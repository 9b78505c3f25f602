import { MPEGDecoder } from 'mpg123-decoder';
import { AudioCloudError } from '@audiocloud/api/errors';
import type { AudioData } from './audio-data.ts';
import type { MediaFile } from './media-file.ts';
import { SNIFF_BYTES } from './media-format.ts';
import { findMp3Frame, mp3TagFrames } from './mp3-header.ts';
import { collectSamples } from './sample-collector.ts';

const CHUNK_BYTES = 65536;

/**
 * Decodes MPEG audio from `offset` (behind an ID3 tag). mpg123 takes away the delay and padding that a LAME tag tells,
 * so such files are gapless and have their exact length. [decode]
 *
 * Throws MEDIA_DAMAGED when the decoder says so, or when there is more than a frame's worth less sound than the tag says.
 */
export async function decodeMp3(
  file: MediaFile,
  offset: number,
  maxBytes: number,
  progress: (frames: number) => void,
): Promise<AudioData> {
  const head = file.read(offset, SNIFF_BYTES);
  const found = findMp3Frame(head);
  if (!found) throw damaged(`no MPEG frame after byte ${offset}`);
  const said = mp3TagFrames(head, found.at, found.header);
  // The decoder always gives two channels, for mono the same one twice.
  const collector = collectSamples('MP3 file', found.header.channels, maxBytes);
  const decoder = new MPEGDecoder();
  await decoder.ready;
  for (let at = offset; at < file.sizeBytes; at += CHUNK_BYTES) {
    const decoded = decoder.decode(file.read(at, CHUNK_BYTES));
    if (decoded.errors.length > 0) throw damaged(`${decoded.errors[0]!.message}, near frame ${collector.frames}`);
    collector.add(decoded.channelData, decoded.samplesDecoded, decoded.sampleRate);
    progress(collector.frames);
  }
  decoder.free();
  if (said !== undefined && collector.frames < said - found.header.frames)
    throw damaged(`its tag says ${said} frames, ${collector.frames} could be decoded`);
  return collector.finish();
}

const damaged = (what: string) => new AudioCloudError('MEDIA_DAMAGED', `Cannot decode the MP3 file: ${what}`);
