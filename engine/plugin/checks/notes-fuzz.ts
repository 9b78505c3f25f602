import { CHECK_MAX_FRAMES, type CheckRun, difference, nonFinite } from '../check-context.ts';
import { failed, passed, skipped } from '../check-outcome.ts';
import { LAYOUT } from '../layout.ts';
import type { ProbeMidi } from '../probe.ts';
import { midiInputs } from '../trial-notes.ts';

const MESSAGES = 2000;
const FRAMES = 4096;

/** Random messages of every kind and channel, whole lists of them, and bytes that are no message: finite, and a reset cures it. */
export const notesFuzz: CheckRun = (context) => {
  if (!context.isPlayed) return skipped('the model has no midi input');
  const random = context.random(71);
  const below = (n: number) => Math.floor(random() * n);
  // one port more than there is
  const ports = midiInputs(context.model) + 1;
  const message = (frame: number): ProbeMidi => ({
    frame,
    port: below(ports),
    midi: random() < 0.8 ? [0x80 + below(0x70), below(128), below(128)] : Array.from({ length: 8 }, () => below(256)),
  });
  const probe = context.probe();
  probe.process(context.noise(probe, CHECK_MAX_FRAMES), CHECK_MAX_FRAMES);
  const capacity = probe.memory.word(probe.layout, LAYOUT.eventCapacity);
  let sent = 0;
  for (let block = 0; sent < MESSAGES; block++) {
    const frames = 1 + below(CHECK_MAX_FRAMES);
    const count = block % 10 === 9 ? capacity : below(8);
    const events = Array.from({ length: count }, () => message(below(frames))).sort((a, b) => a.frame - b.frame);
    sent += count;
    const fault = nonFinite(probe.process(context.noise(probe, frames, block), frames, events).outputs);
    if (fault) return failed(`block ${block}, after ${sent} messages: ${fault}`);
  }
  probe.reset();
  const fresh = context.probe();
  const input = context.noise(fresh, FRAMES);
  const options = { frames: FRAMES };
  const { size, text } = difference(probe.render(input, options).outputs, fresh.render(input, options).outputs);
  return size > 0
    ? failed(`after ${sent} messages and a reset: ${text}`)
    : passed(`${sent} messages, gone after a reset`);
};
