import { CHECK_MAX_FRAMES, type CheckRun, difference, failed, passed, skipped } from '../check-context.ts';

const FRAMES = 4096;

/** After input that was not finite, a reset brings back the sound of a new instance. */
export const nonFiniteInput: CheckRun = (context) => {
  const used = context.probe();
  if (used.inputChannels === 0) return skipped('the model has no audio input');
  for (const sample of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38, 1e-40]) {
    const bad = Array.from({ length: used.inputChannels }, () => new Float32Array(CHECK_MAX_FRAMES).fill(sample));
    used.process(bad, CHECK_MAX_FRAMES);
    used.reset();
    const fresh = context.probe();
    const input = context.noise(fresh, FRAMES);
    const { size, text } = difference(used.render(input).outputs, fresh.render(input).outputs);
    if (size > 0) return failed(`after ${sample} and a reset: ${text}`);
    used.reset();
  }
  return passed('NaN, infinities, 3e38 and 1e-40 are gone after a reset');
};
