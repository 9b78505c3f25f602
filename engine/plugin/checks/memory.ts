import { CHECK_MAX_FRAMES, type CheckContext, type CheckRun } from '../check-context.ts';
import { failed, passed, skipped } from '../check-outcome.ts';
import { PluginMemory } from '../plugin-memory.ts';
import type { Probe } from '../probe.ts';

/** Renders what changes most: noise, notes, changes of parameters, silence, a reset. */
function play(context: CheckContext, probe: Probe, afterBlock = () => {}): void {
  const random = context.random(5);
  for (let block = 0; block < 60; block++) {
    const frames = 1 + Math.floor(random() * CHECK_MAX_FRAMES);
    const events = context.randomEvents(random, block % 5 === 0 ? 3 : 0, frames);
    probe.process(block > 40 ? [] : context.noise(probe, frames, block), frames, events);
    if (block === 30) probe.reset();
    afterBlock();
  }
}

/** Where the heap begins: what the plugin exports as __heap_base, else the first piece that it gives out. */
function staticEnd(context: CheckContext, memory: PluginMemory): number {
  const first = memory.alloc(16);
  return Math.min(context.plugin.module.heapBase ?? first, first);
}

/** What renders writes neither statics of C nor a table of constants: they are of all instances, on all threads. */
export const writtenStatics: CheckRun = (context) => {
  const memory = new PluginMemory(context.plugin);
  const end = staticEnd(context, memory);
  const probe = context.probe({ memory, parameters: context.randomParameters(4) });
  if (probe.layout < end)
    return skipped('its heap grows downwards: where its statics end is not known; export __heap_base');
  const statics = () => Buffer.from(memory.memory.buffer as ArrayBuffer, 0, end);
  const before = Buffer.from(statics());
  let at = -1;
  // after every block: what is written may be what was there before, in the end
  play(context, probe, () => {
    if (at < 0 && !statics().equals(before)) at = statics().findIndex((byte, i) => byte !== before[i]);
  });
  return at >= 0
    ? failed(
        `while it renders it writes address ${at}, below its heap at ${end}: a static or a table. State lives in the instance`,
      )
    : passed(`${end} bytes below its heap stay as they were`);
};

/** After activation nothing is taken from its heap: the next piece that it gives out is the one of an instance that rested. */
export const allocationAfterActivation: CheckRun = (context) => {
  const next = (isPlayed: boolean) => {
    const probe = context.probe({ parameters: context.randomParameters(4) });
    if (isPlayed) play(context, probe);
    return [16, 4096].map((bytes) => probe.memory.alloc(bytes));
  };
  const [played, rested] = [next(true), next(false)];
  return played.every((address, i) => address === rested[i])
    ? passed('its heap is the same before and after rendering')
    : failed(
        `after rendering ac_alloc gives ${played.join(', ')}, of an instance that rested ${rested.join(', ')}: allocate in activate`,
      );
};
