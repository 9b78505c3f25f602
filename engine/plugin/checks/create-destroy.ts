import type { CheckRun } from '../check-context.ts';
import { failed, passed } from '../check-outcome.ts';
import { PluginMemory } from '../plugin-memory.ts';

const ROUNDS = 60;
const SETTLED = 20;

/** Instances come and go at several rates and block sizes, and memory stops growing. */
export const createDestroy: CheckRun = (context) => {
  const memory = new PluginMemory(context.plugin);
  let settledBytes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const probe = context.probe({
      memory,
      sampleRate: [44100, 48000, 96000, 192000][round % 4]!,
      maxFrames: [1, 128, 1024, 4096][round % 4]!,
      ...(round % 3 === 0 ? { parameters: context.randomParameters((round % 12) + 1) } : {}),
    });
    const { latencyFrames } = probe;
    if (latencyFrames !== probe.latencyFrames) return failed('the latency changes while active');
    probe.dispose();
    if (round === SETTLED) settledBytes = memory.memory.buffer.byteLength;
  }
  const grown = memory.memory.buffer.byteLength - settledBytes;
  return grown > 0
    ? failed(`${ROUNDS - SETTLED} instances that were destroyed again left ${grown} bytes more in use`)
    : passed(`${ROUNDS} instances, memory stays at ${settledBytes} bytes`);
};
