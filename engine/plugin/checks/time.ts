import { CHECK_MAX_FRAMES, CHECK_RATE_HZ, type CheckContext, type CheckRun, peakOf } from '../check-context.ts';
import { failed, type Outcome, passed, skipped, warning } from '../check-outcome.ts';
import { TAIL_ENDLESS } from '../layout.ts';
import type { Probe } from '../probe.ts';
import { endOfNotes } from '../trial-notes.ts';

const MAX_LATENCY_SECONDS = 10;

/** The latency is one number while an instance is active, whatever happens, and no nonsense. */
export const latencyFixed: CheckRun = (context) => {
  const probe = context.probe({ parameters: context.randomParameters(1) });
  const { latencyFrames: first } = probe;
  if (first > MAX_LATENCY_SECONDS * CHECK_RATE_HZ)
    return failed(`it is ${first} frames, over ${MAX_LATENCY_SECONDS} s`);
  const random = context.random(2);
  for (let block = 0; block < 40; block++) {
    const events = context.randomEvents(random, 2, CHECK_MAX_FRAMES);
    probe.process(context.noise(probe, CHECK_MAX_FRAMES, block), CHECK_MAX_FRAMES, events);
    if (block === 20) probe.reset();
    const { latencyFrames } = probe;
    if (latencyFrames !== first)
      return failed(`it is ${first} frames at first and ${latencyFrames} in block ${block}: latch what it depends on`);
  }
  return passed(`${first} frames`);
};

const MAX_TAIL_SECONDS = 20;
/** So many that some still sound at the end, also of what ends by itself. */
const NOTES = 40;
/** -60 dB of the loudest before. */
const ENDED = 1e-3;

/** What is left after the tail that it tells; undefined if nothing. */
function leftAfterTail(context: CheckContext, probe: Probe): string | undefined {
  const frames = CHECK_RATE_HZ / 2;
  const events = context.randomNotes(context.random(8), NOTES, frames);
  const { outputs } = probe.render(context.noise(probe, frames), { frames, events });
  const loudest = peakOf(outputs.map((samples) => samples.subarray(CHECK_RATE_HZ / 4)));
  const told = probe.latencyFrames + probe.tailFrames;
  for (let frame = 0; frame < told + CHECK_RATE_HZ / 2; frame += CHECK_MAX_FRAMES) {
    const peak = peakOf(context.unflaggedSilence(probe, frame === 0 ? endOfNotes(context.model) : []));
    if (frame >= told + CHECK_MAX_FRAMES && peak > ENDED * loudest)
      return `its tail is ${probe.tailFrames} frames, but ${frame} frames after its input ended it gives ${peak}, of ${loudest} before`;
  }
  return undefined;
}

/** After latency and tail it is 60 dB down, at its defaults; with other values that is only worth a warning. */
export const tail: CheckRun = (context): Outcome => {
  const probe = context.probe();
  if (!context.hasInput || probe.outputChannels === 0) return skipped('the model has no input, or no audio output');
  const { tailFrames } = probe;
  if (tailFrames === TAIL_ENDLESS) return skipped('its tail is endless');
  if (tailFrames > MAX_TAIL_SECONDS * CHECK_RATE_HZ)
    return skipped(`its tail is over ${MAX_TAIL_SECONDS} s: not measured`);
  const left = leftAfterTail(context, probe);
  if (left) return failed(left);
  const other = context.probe({ parameters: context.randomParameters(7) });
  if (other.tailFrames > MAX_TAIL_SECONDS * CHECK_RATE_HZ) return passed(`${tailFrames} frames`);
  const more = leftAfterTail(context, other);
  return more ? warning(`with random values ${more}`) : passed(`${tailFrames} frames`);
};
