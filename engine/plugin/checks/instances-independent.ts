import { type CheckRun, difference } from '../check-context.ts';
import { failed, passed } from '../check-outcome.ts';
import { PluginMemory } from '../plugin-memory.ts';

const FRAMES = 128;
const BLOCKS = 40;

/** An instance sounds the same alone and between others: finds state kept in static memory instead of the instance. */
export const instancesIndependent: CheckRun = (context) => {
  const parameters = context.randomParameters(31);
  const alone = context.probe({ parameters });
  const memory = new PluginMemory(context.plugin);
  const other = (seed: number) =>
    context.probe({ memory, parameters: context.randomParameters(seed), seed: BigInt(seed) });
  const before = other(41);
  const between = context.probe({ memory, parameters });
  const random = context.random(43);
  const others = [before, other(42)];
  for (let block = 0; block < BLOCKS; block++) {
    const input = context.noise(alone, FRAMES, block);
    for (const each of others)
      each.process(context.noise(each, FRAMES, block + 1000), FRAMES, context.randomNotes(random, 1, FRAMES));
    const events = context.randomNotes(random, block % 2, FRAMES);
    const [one, two] = [alone, between].map((probe) => probe.process(input, FRAMES, events).outputs);
    const { size, text } = difference(one!, two!);
    if (size > 0) return failed(`block ${block}: ${text}`);
  }
  return passed('bit-identical alone and between two others');
};
