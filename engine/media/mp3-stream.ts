import { MPEGDecoder } from 'mpg123-decoder';
import { AudioCloudError } from '@audiocloud/api/errors';
import type { MediaFile } from './media-file.ts';
import { SNIFF_BYTES } from './media-format.ts';
import { findMp3Frame, mp3TagFrames } from './mp3-header.ts';
import type { Beat, SoundStream } from './sound-stream.ts';

const CHUNK_BYTES = 65536;

/**
 * MPEG audio from `offset` (behind an ID3 tag). mpg123 takes away the delay and padding that a LAME tag tells, so such files
 * are gapless and have their exact length. [decode]
 *
 * Throws MEDIA_DAMAGED when the decoder says so, or when there is more than a frame's worth less sound than the tag says.
 */
export function mp3Stream(file: MediaFile, offset: number, beat: Beat): SoundStream {
  const head = file.read(offset, SNIFF_BYTES);
  const found = findMp3Frame(head);
  if (!found) throw damaged(`no MPEG frame after byte ${offset}`);
  const { header } = found;
  const said = mp3TagFrames(head, found.at, header);
  const guessed = Math.round(((file.sizeBytes - offset) / header.frameBytes) * header.frames);
  return {
    format: {
      container: 'mp3',
      codec: header.layer === 3 ? 'mp3' : `mp${header.layer}`,
      sampleRate: header.sampleRate,
      channels: header.channels,
      isLossy: true,
      expectedFrames: said ?? guessed,
    },
    async *pieces() {
      const decoder = new MPEGDecoder();
      await decoder.ready;
      let frame = 0;
      try {
        for (let at = offset; at < file.sizeBytes; at += CHUNK_BYTES) {
          const { errors, channelData, samplesDecoded, sampleRate } = decoder.decode(file.read(at, CHUNK_BYTES));
          beat();
          if (errors.length > 0) throw damaged(`${errors[0]!.message}, near frame ${frame}`);
          if (samplesDecoded === 0) continue;
          if (sampleRate !== header.sampleRate)
            throw damaged(`its rate changes from ${header.sampleRate} to ${sampleRate} Hz at frame ${frame}`);
          frame += samplesDecoded;
          // The decoder always gives two channels, for mono the same one twice.
          const planes = channelData.slice(0, header.channels).map((samples) => samples.subarray(0, samplesDecoded));
          yield { planes, frames: samplesDecoded };
        }
      } finally {
        decoder.free();
      }
      if (frame === 0) throw damaged('there is no sound in it');
      if (said !== undefined && frame < said - header.frames)
        throw damaged(`its tag says ${said} frames, ${frame} could be decoded`);
    },
  };
}

const damaged = (what: string) => new AudioCloudError('MEDIA_DAMAGED', `Cannot decode the MP3 file: ${what}`);
