import { type CheckRun, failed, nonFinite, passed, randomValue } from '../check-context.ts';
import { PluginMemory } from '../plugin-memory.ts';

const FRAMES = 1024;
const MAX_PARAMETERS = 128;

/** Every parameter at its least and greatest value, and pushed beyond them: finite sound. */
export const parameterBounds: CheckRun = (context) => {
  const { parameters } = context.model;
  const memory = new PluginMemory(context.plugin);
  for (const parameter of parameters.slice(0, MAX_PARAMETERS))
    for (const place of [0, 1]) {
      const value = randomValue(parameter, place);
      const probe = context.probe({ memory, parameters: { [parameter.id]: value } });
      const fault = nonFinite(probe.render(context.noise(probe, FRAMES)).outputs);
      if (fault) return failed(`${parameter.id} at ${value}: ${fault}`);
      if (!parameter.latched && (parameter.range.kind === 'continuous' || parameter.range.kind === 'stepped'))
        for (const beyond of [
          place ? 1e30 : -1e30,
          place ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY,
          Number.NaN,
        ]) {
          const events = [{ frame: 100, parameter: parameter.id, value: beyond }];
          const outcome = nonFinite(probe.render(context.noise(probe, FRAMES), { events }).outputs);
          if (outcome) return failed(`${parameter.id} set to ${beyond}, which must be clamped: ${outcome}`);
        }
      probe.dispose();
    }
  for (const place of [0, 1]) {
    const all = Object.fromEntries(parameters.map((parameter) => [parameter.id, randomValue(parameter, place)]));
    const probe = context.probe({ memory, parameters: all });
    const fault = nonFinite(probe.render(context.noise(probe, FRAMES)).outputs);
    if (fault) return failed(`all parameters at their ${place ? 'greatest' : 'least'}: ${fault}`);
  }
  return passed(`${Math.min(parameters.length, MAX_PARAMETERS)} parameters`);
};
