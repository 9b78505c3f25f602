/** A stream that begins or ends beside another does so over at most so many frames. */
const FADE_FRAMES = 256;

/** A copy of interleaved samples that begins with a fade in, ends with a fade out, or both. */
export function fade(samples: Float32Array, channels: number, isIn: boolean, isOut: boolean): Float32Array {
  const frames = samples.length / channels;
  const length = Math.min(FADE_FRAMES, frames);
  return samples.map((sample, i) => {
    const frame = Math.floor(i / channels);
    const up = isIn ? Math.min(1, (frame + 1) / length) : 1;
    const down = isOut ? Math.min(1, (frames - 1 - frame) / length) : 1;
    return sample * up * down;
  });
}
