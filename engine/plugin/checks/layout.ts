import { AudioCloudError, valueCount } from '@audiocloud/api';
import { CHECK_MAX_FRAMES, CHECK_RATE_HZ, type CheckRun, difference, nonFinite } from '../check-context.ts';
import { failed, passed, skipped } from '../check-outcome.ts';
import { LAYOUT } from '../layout.ts';
import { PluginMemory } from '../plugin-memory.ts';

const FRAMES = 1024;

/** An index that the manifest does not have is refused. */
export const createUnknownModel: CheckRun = ({ plugin, model }) => {
  // the host checks the index as well: here the plugin is asked as if there were one model more
  const memory = new PluginMemory({ ...plugin, models: [...plugin.models, model] });
  try {
    memory.create(plugin.models.length);
  } catch (error) {
    if (!(error instanceof AudioCloudError) || error.details?.['trap']) throw error;
    return passed(`model ${plugin.models.length} is refused`);
  }
  return failed(
    `ac_create gives an instance of model ${plugin.models.length}, the manifest has ${plugin.models.length}`,
  );
};

/** Every width that the model allows is taken, and sounds finite. */
export const widths: CheckRun = (context) => {
  const ports = [...context.model.inputs, ...context.model.outputs].flatMap(({ id, channels }) =>
    channels ? [{ id, ...channels }] : [],
  );
  if (ports.length === 0) return skipped('the model has no audio port');
  const random = context.random(1);
  const between = (min: number, max: number) => min + Math.floor(random() * (max - min + 1));
  const free = ports.filter(({ as }) => as === undefined);
  const choices = [
    free.map(({ min }) => min),
    free.map(({ max }) => max),
    ...Array.from({ length: 4 }, () => free.map(({ min, max }) => between(min, max))),
  ];
  for (const choice of choices) {
    const chosen = Object.fromEntries(free.map(({ id }, i) => [id, choice[i]!]));
    const text = Object.entries(chosen).map(([id, width]) => `${id} ${width}`);
    try {
      const probe = context.probe({ widths: chosen, parameters: context.randomParameters(2) });
      const fault = nonFinite(probe.render(context.noise(probe, FRAMES), { frames: FRAMES }).outputs);
      if (fault) return failed(`${text}: ${fault}`);
    } catch (error) {
      if (error instanceof AudioCloudError && !error.details?.['trap']) return failed(`${text}: ${error.message}`);
      throw error;
    }
  }
  return passed(`${choices.length} choices of widths, from the least to the greatest`);
};

/** Deactivated and activated at another rate and block size, an instance sounds as a new one. */
export const reactivate: CheckRun = (context) => {
  const parameters = context.randomParameters(6);
  const used = context.probe({ parameters, sampleRate: 96000, maxFrames: 1024 });
  used.render(context.noise(used, FRAMES, 1), {
    frames: FRAMES,
    events: context.randomNotes(context.random(7), 20, FRAMES),
  });
  used.deactivate();
  if (used.memory.word(used.layout, LAYOUT.maxFrames) !== 0) return failed('maxFrames is not 0 after ac_deactivate');
  used.giveMedia(context.media());
  used.activate(CHECK_RATE_HZ, CHECK_MAX_FRAMES);
  const fresh = context.probe({ parameters });
  const options = { block: CHECK_MAX_FRAMES, frames: 4 * FRAMES };
  const input = context.noise(fresh, 4 * FRAMES, 2);
  const { size, text } = difference(used.render(input, options).outputs, fresh.render(input, options).outputs);
  return size > 0 ? failed(text) : passed('bit-identical');
};

/** As many report values as the model says, for the widths in use. */
export const reportCount: CheckRun = (context) => {
  const { model } = context;
  const probe = context.probe();
  const ports = [...model.inputs, ...model.outputs].flatMap(({ id, channels }) =>
    channels ? [[id, channels.default] as const] : [],
  );
  const wanted = model.reports.reduce((sum, { scope }) => sum + valueCount(scope, model, Object.fromEntries(ports)), 0);
  const found = probe.memory.word(probe.layout, LAYOUT.reportCount);
  if (wanted === 0 && found === 0) return skipped('the model has no reports');
  return found === wanted ? passed(`${found} values`) : failed(`${found} report values, the model has ${wanted}`);
};
