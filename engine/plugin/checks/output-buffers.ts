import { LAYOUT } from '../layout.ts';
import { CHECK_MAX_FRAMES, type CheckRun, difference } from '../check-context.ts';
import { failed, passed, skipped } from '../check-outcome.ts';

const GUARD = 12345.5;
/** Frames of guard on either side of a buffer. */
const GUARD_FRAMES = 64;

/** Its outputs are written where the host points them, as they would be into its own buffers, and nothing beside them. */
export const outputBuffers: CheckRun = (context) => {
  const [probe, own] = [context.probe(), context.probe()];
  const channels = probe.outputChannels;
  if (channels === 0) return skipped('the model has no audio output');
  const { memory } = probe;
  const stride = CHECK_MAX_FRAMES + GUARD_FRAMES;
  const room = memory.alloc((GUARD_FRAMES + channels * stride) * 4) / 4;
  memory.views.f32.fill(GUARD, room, room + GUARD_FRAMES + channels * stride);
  const first = (channel: number) => room + GUARD_FRAMES + channel * stride;
  const pointers = memory.word(probe.layout, LAYOUT.outputs) / 4;
  for (let channel = 0; channel < channels; channel++) memory.views.u32[pointers + channel] = first(channel) * 4;
  for (const frames of [CHECK_MAX_FRAMES, 1, 7, CHECK_MAX_FRAMES]) {
    const input = context.noise(probe, frames, frames);
    const [here, there] = [probe.process(input, frames), own.process(input, frames)];
    const { size, text } = difference(here.outputs, there.outputs);
    if (size > 0) return failed(`into buffers of the host, blocks of ${frames}: ${text}`);
  }
  const { f32 } = memory.views;
  for (let channel = -1; channel < channels; channel++) {
    const after = first(channel) + CHECK_MAX_FRAMES;
    const at = f32.subarray(after, after + GUARD_FRAMES).findIndex((sample) => sample !== GUARD);
    if (at >= 0) return failed(`it wrote ${at} frames behind ${channel < 0 ? 'nothing' : `output channel ${channel}`}`);
  }
  return passed('written where the host points them, and nothing beside them');
};
