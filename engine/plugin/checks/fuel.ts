import { CHECK_MAX_FRAMES, type CheckRun, passed, warning } from '../check-context.ts';
import { processFuel } from '../render-twin.ts';

const BLOCKS = 40;
/** A model that needs more than this part of its fuel may run out with other settings. */
const SPARE = 0.25;

/** How much of its fuel the costliest block needs. */
export const fuel: CheckRun = (context) => {
  const given = processFuel(CHECK_MAX_FRAMES);
  let most = 0;
  for (const seed of [61, 62, 63]) {
    const probe = context.probe({ parameters: context.randomParameters(seed) });
    for (let block = 0; block < BLOCKS; block++) {
      probe.process(context.noise(probe, CHECK_MAX_FRAMES, block), CHECK_MAX_FRAMES);
      most = Math.max(most, given - probe.twin.fuelLeft);
    }
  }
  const text = `${Math.ceil(most / CHECK_MAX_FRAMES)} units a frame, ${((100 * most) / given).toFixed(2)} % of what a block gets`;
  return most > SPARE * given ? warning(text) : passed(text);
};
