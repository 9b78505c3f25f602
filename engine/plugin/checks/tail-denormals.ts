import { CHECK_MAX_FRAMES, CHECK_RATE_HZ, type CheckRun } from '../check-context.ts';
import { passed, skipped, warning } from '../check-outcome.ts';
import { endOfNotes } from '../trial-notes.ts';

/** Smallest f32 that is not denormal. */
const SMALLEST = 1.1754943508222875e-38;
const TAIL_SECONDS = 10;

/** After sound, silence that is not flagged as such does not leave numbers behind that are denormal, which are slow. */
export const tailDenormals: CheckRun = (context) => {
  if (!context.hasInput) return skipped('the model has no input');
  const probe = context.probe();
  probe.render(context.noise(probe, CHECK_RATE_HZ / 2), { frames: CHECK_RATE_HZ / 2 });
  for (let done = 0; done < TAIL_SECONDS * CHECK_RATE_HZ; done += CHECK_MAX_FRAMES) {
    context.writeUnflaggedSilence(probe, done === 0 ? endOfNotes(context.model) : []); // so that it does not sleep
    probe.status = probe.twin.process(probe.layout, CHECK_MAX_FRAMES);
    if (probe.twin.fault) return warning(`it failed in its tail: ${probe.twin.fault}`);
  }
  for (const [channel, samples] of probe.readOutputs(probe.status, CHECK_MAX_FRAMES).entries()) {
    const found = samples.find((sample) => sample !== 0 && Math.abs(sample) < SMALLEST);
    if (found !== undefined)
      return warning(
        `${TAIL_SECONDS} s after its input ended channel ${channel} holds ${found}, which is denormal and slow: take states below 1e-18 for zero`,
      );
  }
  return passed(`none ${TAIL_SECONDS} s after its input ended`);
};
