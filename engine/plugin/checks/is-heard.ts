import { CHECK_RATE_HZ, type CheckRun, difference, peakOf } from '../check-context.ts';
import { failed, passed, skipped, warning } from '../check-outcome.ts';

/** -80 dBFS. */
const HEARD = 1e-4;
const SEEDS = [1, 2, 3, 4];
const FRAMES = 8192;

/** A chord is heard within a second: what is silent passes every other check for nothing. */
export const isHeard: CheckRun = (context) => {
  if (!context.isInstrument)
    return skipped('it is no instrument: a midi input and an audio output, and no audio input');
  const peak = (parameters = {}) => peakOf(context.probe({ parameters }).render([], { frames: CHECK_RATE_HZ }).outputs);
  const found = peak();
  if (found > HEARD) return passed(`a chord gives peaks of ${found.toFixed(4)}`);
  return SEEDS.some((seed) => peak(context.randomParameters(seed)) > HEARD)
    ? warning(`with its defaults a chord gives peaks of ${found}: nobody hears a new instance`)
    : failed(`a chord of four notes, media in every slot, and its peaks are ${found}`);
};

/** What is in its slots makes a difference. */
export const mediaHeard: CheckRun = (context) => {
  if (context.media().length === 0) return skipped('the model has no media slots');
  for (const parameters of [{}, ...SEEDS.map((seed) => context.randomParameters(seed))]) {
    const [with_, without] = [context.probe({ parameters }), context.probe({ parameters, media: [] })].map((probe) =>
      probe.render(context.noise(probe, FRAMES), { frames: FRAMES }),
    );
    const isSeen = Object.entries(with_!.reports).some(([id, values]) =>
      values.some((v, i) => v !== without!.reports[id]![i]),
    );
    if (isSeen || difference(with_!.outputs, without!.outputs).size > 0)
      return passed(Object.keys(parameters).length ? 'heard with other values than its defaults' : 'heard');
  }
  return warning('with media in every slot it sounds as with none');
};
