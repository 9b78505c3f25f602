import { type CheckRun, difference } from '../check-context.ts';
import { failed, passed } from '../check-outcome.ts';
import { compileRenderTwin, type PluginModule } from '../load-plugin.ts';

const FRAMES = 4096;
/** Render twins whose globals keep their values: one for all models of a plugin. */
const keepingTwins = new WeakMap<PluginModule, WebAssembly.Module>();

/** The sound does not depend on the globals that render twins set to their first values before every call. */
export const noStateInGlobals: CheckRun = (context) => {
  const { module } = context.plugin;
  let render = keepingTwins.get(module);
  if (!render) {
    render = compileRenderTwin(context.plugin, { scratch: false });
    keepingTwins.set(module, render);
  }
  const keeping = { ...context.plugin, module: { ...module, render } };
  for (const parameters of [{}, context.randomParameters(51)]) {
    const sound = (plugin = context.plugin) => {
      const probe = context.probe({ parameters }, plugin);
      return probe.render(context.noise(probe, FRAMES), { block: 128, frames: FRAMES }).outputs;
    };
    const { size, text } = difference(sound(), sound(keeping));
    if (size > 0) return failed(`a global keeps state between calls: ${text}`);
  }
  return passed('bit-identical with and without fresh globals');
};
