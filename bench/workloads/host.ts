import type { Task } from '@audiocloud/api';
import { OwnEngine } from '../peers/ours.ts';
import { type Bench, median, type Row, row, type Workload } from '../row.ts';

/*
 * The host's own cost. An empty instance: delays of 0 frames that copy their input are the emptiest stock model, so the copy
 * of 128 frames is in the figure. An edge: what a chain costs more when every edge has a gain to apply than when each is a
 * pointer.
 */
const CHAIN = 256;
const BLOCK = 128;

function chain(gainDb: number): Task {
  const instances: NonNullable<Task['instances']> = { source: { model: 'audiocloud:tone', widths: { out: 1 } } };
  const connections: NonNullable<Task['connections']> = {};
  for (let i = 0; i < CHAIN; i++) {
    instances[`x${i}`] = { model: 'audiocloud:delay', widths: { in: 1 } };
    connections[`c${i}`] = { from: { node: i === 0 ? 'source' : `x${i - 1}` }, to: { node: `x${i}` }, gainDb };
  }
  connections.main = { from: { node: `x${CHAIN - 1}` }, to: { node: 'main' } };
  return { sampleRate: 48000, instances, connections, sinks: { main: { kind: 'stream', channels: 1 } } };
}

async function run(bench: Bench): Promise<Row[]> {
  bench.say('host: empty instances and edges');
  const blocks = bench.quick ? 200 : 2000;
  const pointers = new OwnEngine(chain(0), BLOCK);
  const gains = new OwnEngine(chain(-0.001), BLOCK);
  pointers.time(blocks);
  gains.time(blocks);
  const empty: number[] = [];
  const edge: number[] = [];
  for (let round = 0; round < (bench.quick ? 3 : 11); round++) {
    const a = pointers.time(blocks);
    const b = gains.time(blocks);
    empty.push((a / blocks / CHAIN) * 1e9);
    edge.push(((b - a) / blocks / CHAIN) * 1e9);
  }
  const copies = [...pointers.task.image.steps].length;
  pointers.dispose();
  gains.dispose();
  return [
    row({
      id: 'host/instance',
      name: 'an instance that copies its input, block of 128',
      unit: 'ns',
      value: median(empty),
      goal: null,
    }),
    row({
      id: 'host/edge-gain',
      name: 'an edge with a gain, more than one without',
      unit: 'ns',
      value: median(edge),
      goal: null,
    }),
    row({
      id: 'host/steps',
      name: 'steps outside the runner for a chain of 256 (1 run, no copies)',
      unit: 'steps',
      value: copies / 6,
      goal: 1,
    }),
  ];
}

export const host: Workload = {
  id: 'host',
  name: "the host's own cost",
  about:
    'What the host adds to the work of the kernels: an instance that does nothing, edges inside one memory and between memories.',
  run,
};
