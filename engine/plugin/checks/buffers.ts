import { CHECK_MAX_FRAMES, type CheckRun, difference } from '../check-context.ts';
import { failed, passed, skipped } from '../check-outcome.ts';
import { BUFFER_PAD_FRAMES, LAYOUT } from '../layout.ts';

const SIZES = [CHECK_MAX_FRAMES, 1, 7, CHECK_MAX_FRAMES];

/** Inputs are read where the host points them, in every block anew. */
export const inputBuffers: CheckRun = (context) => {
  const [probe, own] = [context.probe(), context.probe()];
  const channels = probe.inputChannels;
  if (channels === 0) return skipped('the model has no audio input');
  const { memory } = probe;
  const places = [0, 1].map(() =>
    Array.from({ length: channels }, () => memory.alloc(CHECK_MAX_FRAMES * Float32Array.BYTES_PER_ELEMENT)),
  );
  const pointers = memory.word(probe.layout, LAYOUT.inputs) / 4;
  for (const [block, frames] of [...SIZES, ...SIZES].entries()) {
    const input = context.noise(probe, frames, block + 1);
    memory.views.u32.set(places[block % 2]!, pointers);
    const [here, there] = [probe.process(input, frames), own.process(input, frames)];
    const { size, text } = difference(here.outputs, there.outputs);
    if (size > 0) return failed(`block ${block}, from buffers of the host: ${text}`);
  }
  return passed('read where the host points them, also when that changes with every block');
};

/** What it hears stays as it was: others may hear the same buffer. */
export const inputsUnwritten: CheckRun = (context) => {
  const probe = context.probe({ parameters: context.randomParameters(2) });
  const channels = probe.inputChannels;
  if (channels === 0) return skipped('the model has no audio input');
  const pointers = probe.memory.word(probe.layout, LAYOUT.inputs) / 4;
  for (const [block, frames] of [...SIZES, ...SIZES].entries()) {
    const input = context.noise(probe, frames, block + 1);
    probe.process(input, frames);
    const { u32, f32 } = probe.memory.views;
    const after = input.map((_, channel) => {
      const first = u32[pointers + channel]! / 4;
      return f32.slice(first, first + frames);
    });
    const { size, text } = difference(input, after);
    if (size > 0) return failed(`block ${block}: an input was written: ${text}`);
  }
  return passed('inputs are as they were');
};

/** Guards around everything that the host holds are whole after all that an instance can be asked. */
export const canaries: CheckRun = (context) => {
  const probe = context.probe({ parameters: context.randomParameters(2) });
  const { memory, layout } = probe;
  const bytes = Math.ceil(CHECK_MAX_FRAMES / BUFFER_PAD_FRAMES) * BUFFER_PAD_FRAMES * Float32Array.BYTES_PER_ELEMENT;
  const random = context.random(3);
  for (const [channels, pointers] of [
    [probe.inputChannels, memory.word(layout, LAYOUT.inputs)],
    [probe.outputChannels, memory.word(layout, LAYOUT.outputs)],
  ] as const)
    for (let channel = 0; channel < channels; channel++) memory.views.u32[pointers / 4 + channel] = memory.alloc(bytes);
  const broken = (after: string) => {
    const found = memory.overwritten(memory.pieces + 1);
    return found.length
      ? failed(
          `${after}: it wrote beside memory of the host, at ${found.map((at) => `0x${at.toString(16)}`).join(', ')}`,
        )
      : undefined;
  };
  for (let block = 0; block < 60; block++) {
    const frames = block % 3 === 0 ? CHECK_MAX_FRAMES : 1 + Math.floor(random() * CHECK_MAX_FRAMES);
    const events = context.randomEvents(random, 3, frames);
    probe.process(context.noise(probe, frames, block), frames, events);
    const found = broken(`a block of ${frames} frames`);
    if (found) return found;
  }
  probe.reset();
  const state = probe.saveState();
  const other = context.probe({ memory });
  other.loadState(state);
  other.render(context.noise(other, CHECK_MAX_FRAMES), { frames: CHECK_MAX_FRAMES });
  other.dispose();
  return broken('reset, state and the end of an instance') ?? passed(`${memory.pieces} pieces of memory, all whole`);
};
