import { AudioCloudError } from '@audiocloud/api/errors';
import { type AudioData, allocateAudio, refuseTooLarge } from './audio-data.ts';

/** Gathers what a decoder gives piece by piece, when the length is known only at the end. [decode] */
export interface SampleCollector {
  readonly frames: number;
  /** Adds a piece; all pieces have one rate and one number of channels. Throws MEDIA_DAMAGED, TOO_LARGE. */
  add(channelData: Float32Array[], frames: number, sampleRate: number): void;
  /** Everything, as one. Throws MEDIA_DAMAGED when nothing was added. */
  finish(): AudioData;
}

/** what: how messages call the file, e.g. `MP3 file`. channels: how many of those decoded are kept. */
export function collectSamples(what: string, channels: number, maxBytes: number): SampleCollector {
  const pieces: Float32Array[][] = [];
  let total = 0;
  let rate = 0;
  const damaged = (problem: string) =>
    new AudioCloudError('MEDIA_DAMAGED', `Cannot decode the ${what}: ${problem}`, { frame: total });
  return {
    get frames() {
      return total;
    },
    add(channelData, frames, sampleRate) {
      if (frames <= 0) return;
      if (channelData.length < channels)
        throw damaged(`${channelData.length} channels after frame ${total}, ${channels} before`);
      if (rate !== 0 && sampleRate !== rate)
        throw damaged(`its rate changes from ${rate} to ${sampleRate} Hz at frame ${total}`);
      rate = sampleRate;
      refuseTooLarge(total + frames, channels, maxBytes);
      pieces.push(channelData.slice(0, channels).map((samples) => samples.subarray(0, frames)));
      total += frames;
    },
    finish() {
      if (total === 0 || rate === 0) throw damaged('there is no sound in it');
      const audio = allocateAudio(rate, channels, total);
      for (let c = 0; c < channels; c++) {
        let at = 0;
        for (const piece of pieces) {
          audio.data[c]!.set(piece[c]!, at);
          at += piece[c]!.length;
        }
      }
      return audio;
    },
  };
}
