import { type CheckRun, difference, failed, passed } from '../check-context.ts';
import { compileRenderTwin } from '../load-plugin.ts';

const FRAMES = 4096;

/** The sound does not depend on the globals that render twins set to their first values before every call. */
export const noStateInGlobals: CheckRun = (context) => {
  const { module } = context.plugin;
  const keeping = {
    ...context.plugin,
    module: { ...module, render: compileRenderTwin(context.plugin, { scratch: false }) },
  };
  const sound = (plugin = context.plugin) => {
    const probe = context.probe({ parameters: context.randomParameters(51) }, plugin);
    return probe.render(context.noise(probe, FRAMES), { block: 128 }).outputs;
  };
  const { size, text } = difference(sound(), sound(keeping));
  return size > 0
    ? failed(`a global keeps state between calls: ${text}`)
    : passed('bit-identical with and without fresh globals');
};
