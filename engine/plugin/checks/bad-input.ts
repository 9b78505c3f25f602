import { CHECK_MAX_FRAMES, type CheckRun, difference, nonFinite } from '../check-context.ts';
import { failed, passed, skipped, warning } from '../check-outcome.ts';

const FRAMES = 4096;

/** After such input a reset brings back the sound of a new instance, and before it nothing traps. */
function resetAfter(what: string, samples: readonly number[]): CheckRun {
  return (context) => {
    const used = context.probe();
    if (used.inputChannels === 0) return skipped('the model has no audio input');
    for (const sample of samples) {
      const bad = Array.from({ length: used.inputChannels }, () => new Float32Array(CHECK_MAX_FRAMES).fill(sample));
      used.process(bad, CHECK_MAX_FRAMES);
      used.process(context.noise(used, CHECK_MAX_FRAMES), CHECK_MAX_FRAMES);
      used.reset();
      const fresh = context.probe();
      const input = context.noise(fresh, FRAMES);
      const { size, text } = difference(used.render(input).outputs, fresh.render(input).outputs);
      if (size > 0) return failed(`after ${sample} and a reset: ${text}`);
      used.reset();
    }
    return passed(`${what} is gone after a reset`);
  };
}

export const nonFiniteInput = resetAfter('what is not finite', [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
]);
export const hugeInput = resetAfter('huge input', [3e38, -3e38, 1e20, 1e10]);
export const denormalInput = resetAfter('denormal input', [1e-40, -1e-40, 1.1e-38]);

/** Input that was not finite does not stay in loops of feedback for ever. */
export const recoversAlone: CheckRun = (context) => {
  const probe = context.probe();
  if (probe.inputChannels === 0 || probe.outputChannels === 0)
    return skipped('the model has no audio input, or no output');
  const good = context.noise(probe, CHECK_MAX_FRAMES);
  const bad = good.map((samples) => samples.map((sample, i) => (i % 5 === 2 ? Number.NaN : sample)));
  probe.render(good);
  probe.process(bad, CHECK_MAX_FRAMES);
  let last: Float32Array[] = [];
  for (let block = 0; block < 200; block++)
    last = probe.process(context.noise(probe, CHECK_MAX_FRAMES, block), CHECK_MAX_FRAMES).outputs;
  const fault = nonFinite(last);
  return fault
    ? warning(`one second after NaN came in it still gives ${fault}: only a reset ends it`)
    : passed('finite again one second after NaN came in');
};
