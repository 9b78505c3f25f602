/** Channels that are heard. */
export const earChannels = (channels: number): number => Math.min(2, channels);

/**
 * Interleaved samples of any number of channels as those of at most two: the 1st, 3rd, ... go left, the 2nd, 4th, ... right. What a channel
 * is says no task, so pairs are added as if they knew nothing of each other: each by 1 / sqrt(pairs). One and two channels stay as they are.
 */
export function downMix(samples: Float32Array, channels: number): Float32Array {
  if (channels <= 2) return samples;
  const frames = samples.length / channels;
  const gain = 1 / Math.sqrt(Math.ceil(channels / 2));
  const out = new Float32Array(2 * frames);
  for (let i = 0, at = 0; i < frames; i++)
    for (let c = 0; c < channels; c++, at++) {
      const sample = gain * samples[at]!;
      out[2 * i + (c & 1)]! += sample;
      // the last of an odd number has no partner
      if (c === channels - 1 && (c & 1) === 0) {
        out[2 * i]! -= sample * (1 - Math.SQRT1_2);
        out[2 * i + 1]! += sample * Math.SQRT1_2;
      }
    }
  return out;
}
