import { CHECK_MAX_FRAMES, type CheckRun, difference, failed, passed, randomValue } from '../check-context.ts';
import type { ProbeEvent } from '../probe.ts';
import { seededRandom } from '../seeded-random.ts';

const FRAMES = 8192;
const EVENTS = 12;
/** Between block sizes only the rounding of running sums may differ. */
const TOLERANCE = 1e-6;
const SEEDS = [1, 2, 3];

/** The same input and parameter events give the same sound, whatever the sizes of the blocks. */
export const blockSizes: CheckRun = (context) => {
  const automated = context.model.parameters.filter(({ latched }) => !latched);
  for (const seed of SEEDS) {
    const random = seededRandom(seed);
    const events: ProbeEvent[] = Array.from({ length: automated.length ? EVENTS : 0 }, () => {
      const parameter = automated[Math.floor(random() * automated.length)]!;
      return { frame: Math.floor(random() * FRAMES), parameter: parameter.id, value: randomValue(parameter, random()) };
    }).sort((a, b) => a.frame - b.frame);
    const sizes = Array.from({ length: 64 }, () => 1 + Math.floor(random() * CHECK_MAX_FRAMES));
    const sound = (block: number | number[]) => {
      const probe = context.probe({ parameters: context.randomParameters(seed) });
      return probe.render(context.noise(probe, FRAMES, seed), { block, events }).outputs;
    };
    const even = sound(CHECK_MAX_FRAMES);
    const peak = even.reduce((most, samples) => samples.reduce((m, s) => Math.max(m, Math.abs(s)), most), 1);
    for (const block of [sizes, 1, 64]) {
      const { size, text } = difference(even, sound(block));
      if (!(size <= TOLERANCE * peak))
        return failed(
          `blocks of ${CHECK_MAX_FRAMES} and of ${Array.isArray(block) ? 'random sizes' : block} (seed ${seed}): ${text}`,
        );
    }
  }
  return passed(`sizes 1, 64, ${CHECK_MAX_FRAMES} and random agree within ${TOLERANCE}`);
};
