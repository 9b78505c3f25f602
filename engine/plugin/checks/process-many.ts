import { type CheckRun, difference, failed, passed, skipped } from '../check-context.ts';
import { PluginMemory } from '../plugin-memory.ts';

const FRAMES = 256;
const BLOCKS = 12;
const COUNTS = [1, 2, 3, 4, 5, 9];

/** ac_process_many gives, bit for bit, what single calls give. */
export const processMany: CheckRun = (context) => {
  if (!context.plugin.module.hasMany) return skipped('the plugin has no ac_process_many');
  for (const count of COUNTS) {
    const memory = new PluginMemory(context.plugin);
    const make = (i: number) => context.probe({ memory, parameters: context.randomParameters(20 + i) });
    const together = Array.from({ length: count }, (_, i) => make(i));
    const alone = Array.from({ length: count }, (_, i) => make(i));
    const list = memory.alloc(count * 4);
    memory.views.u32.set(
      together.map(({ layout }) => layout),
      list >> 2,
    );
    for (let block = 0; block < BLOCKS; block++) {
      const frames = block % 3 === 2 ? 37 : FRAMES;
      const input = (i: number) => context.noise(alone[i]!, frames, 100 * block + i);
      together.forEach((probe, i) => {
        probe.writeInputs(input(i), frames);
      });
      if (!together[0]!.twin.processMany(list, count, frames))
        return failed(`${count} instances: ${together[0]!.twin.fault}`);
      for (let i = 0; i < count; i++) {
        const single = alone[i]!.process(input(i), frames);
        const { status } = together[i]!;
        if (status !== single.status)
          return failed(`instance ${i} of ${count}: status ${status}, alone ${single.status}`);
        const { size, text } = difference(together[i]!.readOutputs(status, frames), single.outputs);
        if (size > 0) return failed(`instance ${i} of ${count}, block ${block}: ${text}`);
      }
    }
  }
  return passed(`${COUNTS.join(', ')} instances, bit-identical`);
};
