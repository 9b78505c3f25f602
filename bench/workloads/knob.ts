import { setTimeout as sleep } from 'node:timers/promises';
import type { Task } from '@audiocloud/api';
import { AudioCloudClient } from '@audiocloud/client';
import { type Bench, median, percentile, type Row, row, type Workload } from '../row.ts';
import { ServedDomain } from '../served-domain.ts';

/*
 * From the call of `set` in a client until the renderer has taken the value at the start of a block, over the WebSocket,
 * domain and engine in processes of their own, paced device, blocks of 128. What is timed is the answer, which the
 * engine gives after that block took the value: the figure is an upper bound, the way back included.
 */
const BLOCK_MS = (128 / 48000) * 1000;

const task: Task = {
  sampleRate: 48000,
  instances: { tone: { model: 'audiocloud:tone' }, gain: { model: 'audiocloud:gain' } },
  connections: {
    a: { from: { node: 'tone' }, to: { node: 'gain' } },
    b: { from: { node: 'gain' }, to: { node: 'main' } },
  },
  sinks: { main: { kind: 'stream', channels: 2 } },
};

async function run(bench: Bench): Promise<Row[]> {
  const domain = await ServedDomain.start();
  try {
    const client = new AudioCloudClient(domain.url);
    await client.tasks.create(task, 'knob');
    const live = client.live('knob');
    await live.ready;
    await live.transport({ play: true });
    const times: number[] = [];
    const turns = bench.quick ? 200 : 2000;
    for (let i = 0; i < turns + 50; i++) {
      if (i % 50 === 0) bench.say(`knob: ${i} of ${turns}`);
      const begun = performance.now();
      const { frame } = await live.set({ instance: 'gain', parameter: 'gain', value: -(i % 24) });
      if (frame === undefined) throw new Error('knob: the answer carries no frame: the task does not play');
      if (i >= 50) times.push(performance.now() - begun);
      await sleep(1 + (i % 7)); // not in step with the blocks
    }
    live.close();
    return [
      row({
        id: 'knob/p50',
        name: 'knob over the WebSocket to the sample, p50',
        unit: 'ms',
        value: median(times),
        goal: BLOCK_MS + 2,
      }),
      row({ id: 'knob/p99', name: 'the same, p99', unit: 'ms', value: percentile(times, 99), goal: BLOCK_MS + 5 }),
    ];
  } finally {
    await domain.stop();
  }
}

export const knob: Workload = {
  id: 'knob',
  name: 'from a knob over the WebSocket to the sample',
  about:
    'From `set` in a client over the WebSocket until the renderer has the value at the start of a block. Domain and engine are processes of their own; the device is the paced clock, without a buffer. The way back to the client is included.',
  run,
};
