import { CHECK_MAX_FRAMES, type CheckRun, difference, peakOf } from '../check-context.ts';
import { failed, passed } from '../check-outcome.ts';

const FRAMES = 8192;
const EVENTS = 12;
/** Between block sizes only the rounding of running sums may differ. */
const TOLERANCE = 1e-6;
const SEEDS = [1, 2, 3];

/** The same input and parameter events give the same sound in blocks of these sizes as in those of 256. */
function sameInBlocks(what: string, sizesOf: (random: () => number) => readonly (number | number[])[]): CheckRun {
  return (context) => {
    for (const seed of SEEDS) {
      const random = context.random(seed);
      const events = context.randomEvents(random, EVENTS, FRAMES);
      const sound = (block: number | number[]) => {
        const probe = context.probe({ parameters: context.randomParameters(seed) });
        return probe.render(context.noise(probe, FRAMES, seed), { block, events, frames: FRAMES }).outputs;
      };
      const even = sound(CHECK_MAX_FRAMES);
      for (const block of sizesOf(random)) {
        const { size, text } = difference(even, sound(block));
        if (!(size <= TOLERANCE * Math.max(1, peakOf(even))))
          return failed(
            `blocks of ${CHECK_MAX_FRAMES} and of ${Array.isArray(block) ? 'random sizes' : block}: ${text}`,
          );
      }
    }
    return passed(`${what} agree with ${CHECK_MAX_FRAMES} within ${TOLERANCE}`);
  };
}

export const blockSizes = sameInBlocks('blocks of 1 and 64 frames', () => [1, 64]);

export const blockSizesRandom = sameInBlocks('blocks of random sizes', (random) => [
  Array.from({ length: 64 }, () => 1 + Math.floor(random() * CHECK_MAX_FRAMES)),
]);
