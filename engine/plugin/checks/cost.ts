import { AudioCloudError } from '@audiocloud/api';
import { CHECK_MAX_FRAMES, type CheckRun } from '../check-context.ts';
import { passed, warning } from '../check-outcome.ts';
import { CONTROL_FUEL, PluginMemory } from '../plugin-memory.ts';
import { processFuel, RESET_FUEL } from '../render-twin.ts';

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

/** Create, activate and reset at 192 kHz need no more than a quarter of what they get. */
export const fuelOfControl: CheckRun = (context) => {
  const memory = new PluginMemory(context.plugin, { controlFuel: SPARE * CONTROL_FUEL });
  try {
    const probe = context.probe({
      memory,
      sampleRate: 192000,
      maxFrames: 8192,
      parameters: context.randomParameters(64),
    });
    probe.process(context.noise(probe, CHECK_MAX_FRAMES), CHECK_MAX_FRAMES);
    if (!probe.twin.reset(probe.layout, SPARE * RESET_FUEL) && probe.twin.fault === 'fuel exhausted')
      return warning(
        'ac_reset needs more than a quarter of its fuel at 192 kHz: it stops a render thread for milliseconds',
      );
  } catch (error) {
    if (!(error instanceof AudioCloudError) || error.details?.['trap'] !== 'fuel exhausted') throw error;
    return warning(`${String(error.details['entry'])} needs more than a quarter of its fuel at 192 kHz`);
  }
  return passed('create, activate and reset within a quarter of their fuel at 192 kHz');
};
