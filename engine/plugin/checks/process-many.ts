import { type CheckContext, type CheckRun, difference, randomValue } from '../check-context.ts';
import { failed, passed, skipped } from '../check-outcome.ts';
import { PluginMemory } from '../plugin-memory.ts';
import type { Probe, ProbeEvent } from '../probe.ts';
import { ALL_SOUND_OFF, controllerOf, randomNote } from '../trial-notes.ts';

const FRAMES = 256;
const BLOCKS = 24;
/** How many instances, and how many neighbours have equal values: which a plugin may render side by side, or not. */
const GROUPS = [
  { count: 1, alike: 1 },
  { count: 2, alike: 2 },
  { count: 3, alike: 3 },
  { count: 4, alike: 4 },
  { count: 5, alike: 1 },
  { count: 9, alike: 4 },
  { count: 12, alike: 1 },
];
const PENDING = 0xffffffff;

/** In some blocks, of some instances: a parameter is set, a note played, or nothing comes in, long enough to fall asleep. */
function blockOf(context: CheckContext, probe: Probe, i: number, block: number, frames: number) {
  const random = context.random(1000 * block + i);
  const isSilent = block >= 6 && (block + i) % 9 > 3;
  const input = isSilent ? [] : context.noise(probe, frames, 100 * block + i);
  const events: ProbeEvent[] = [];
  const live = context.model.parameters.filter(({ latched }) => !latched);
  if (live.length && random() < 0.2) {
    const parameter = live[Math.floor(random() * live.length)]!;
    events.push({
      frame: Math.floor(random() * frames),
      parameter: parameter.id,
      value: randomValue(parameter, random()),
    });
  }
  if (isSilent && ((block + i) % 9 === 4 || block === 6))
    events.unshift(...controllerOf(context.model, ALL_SOUND_OFF, 0));
  if (!isSilent && context.isPlayed && random() < 0.3) {
    const last = Math.max(0, ...events.map(({ frame }) => frame));
    events.push(randomNote(context.model, random, last));
  }
  return { input, events };
}

/** ac_process_many gives, bit for bit, what single calls give: with values that move, and instances that sleep. */
export const processMany: CheckRun = (context) => {
  if (!context.plugin.module.hasMany) return skipped('the plugin has no ac_process_many');
  for (const { count, alike } of GROUPS) {
    const memory = new PluginMemory(context.plugin);
    const make = (i: number) =>
      context.probe({ memory, parameters: context.randomParameters(20 + Math.floor(i / alike)) });
    const together = Array.from({ length: count }, (_, i) => make(i));
    const alone = Array.from({ length: count }, (_, i) => make(i));
    const list = memory.alloc(count * 4);
    memory.views.u32.set(
      together.map(({ layout }) => layout),
      list >> 2,
    );
    for (let block = 0; block < BLOCKS; block++) {
      const frames = block % 3 === 2 ? 37 : FRAMES;
      const blocks = alone.map((probe, i) => blockOf(context, probe, i, block, frames));
      together.forEach((probe, i) => {
        probe.writeInputs(blocks[i]!.input, frames);
        probe.writeEvents(blocks[i]!.events);
        probe.status = PENDING;
      });
      if (!together[0]!.twin.processMany(list, count, frames))
        return failed(`${count} instances: ${together[0]!.twin.fault}`);
      for (let i = 0; i < count; i++) {
        const single = alone[i]!.process(blocks[i]!.input, frames, blocks[i]!.events);
        const { status } = together[i]!;
        const where = `instance ${i} of ${count}, block ${block}`;
        if (status === PENDING) return failed(`${where}: its status was not written to its layout`);
        if (status !== single.status) return failed(`${where}: status ${status}, alone ${single.status}`);
        const { size, text } = difference(together[i]!.readOutputs(status, frames), single.outputs);
        if (size > 0) return failed(`${where}: ${text}`);
        const reports = together[i]!.readReports();
        for (const [id, values] of Object.entries(single.reports))
          if (values.some((value, v) => !Object.is(value, reports[id]![v])))
            return failed(`${where}: report ${id} is ${reports[id]}, alone ${values}`);
      }
    }
  }
  return passed(`${GROUPS.map(({ count }) => count).join(', ')} instances, bit-identical`);
};
