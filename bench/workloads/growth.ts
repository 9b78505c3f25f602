import type { Task } from '@audiocloud/api';
import { OwnEngine } from '../peers/ours.ts';
import { type Bench, median, type Row, row, type Workload } from '../row.ts';

/* What one instance costs in tasks of 10 to 10,000 of them: the same strips of ten gains, more and more of them. */
const SIZES = [10, 100, 1000, 10000];
const STRIP = 10;
const BLOCK = 128;

function task(count: number): Task {
  const instances: NonNullable<Task['instances']> = {
    source: { model: 'audiocloud:tone', widths: { out: 1 }, parameters: { type: 'white' } },
  };
  const connections: NonNullable<Task['connections']> = {
    source: { from: { node: 'source' }, to: { node: 'mix' } },
    main: { from: { node: 'mix' }, to: { node: 'main' } },
  };
  for (let i = 0; i < count; i++) {
    const isFirst = i % STRIP === 0;
    instances[`x${i}`] = { model: 'audiocloud:gain', widths: { in: 1, out: 1 }, parameters: { gain: -1 } };
    connections[`c${i}`] = { from: { node: isFirst ? 'source' : `x${i - 1}` }, to: { node: `x${i}` } };
    if (i % STRIP === STRIP - 1) connections[`m${i}`] = { from: { node: `x${i}` }, to: { node: 'mix' } };
  }
  const sinks: Task['sinks'] = { main: { kind: 'stream', channels: 1 } };
  return { sampleRate: 48000, instances, connections, buses: { mix: { inputChannels: 1 } }, sinks };
}

async function run(bench: Bench): Promise<Row[]> {
  const engines = [0, ...SIZES].map((count) => ({ count, engine: new OwnEngine(task(count), BLOCK) }));
  const none = engines.shift()!.engine;
  // as many instances at every size, in turns below a millisecond: what disturbs falls on few of them
  const blocksOf = (count: number) => Math.max(1, Math.round(10_000 / count));
  for (const { count, engine } of engines) engine.time(blocksOf(count));
  const rounds = Array.from({ length: bench.quick ? 25 : 500 }, (_, round) => {
    if (round % 20 === 0) bench.say(`growth: round ${round + 1}`);
    return engines.map(({ count, engine }) => {
      const blocks = blocksOf(count);
      return ((engine.time(blocks) / blocks - none.time(50) / 50) / count) * 1e9;
    });
  });
  for (const { engine } of engines) engine.dispose();
  none.dispose();
  const costs = SIZES.map((_, size) => median(rounds.map((round) => round[size]!)));
  return [
    ...SIZES.map((count, i) =>
      row({
        id: `growth/${count}`,
        name: `an instance among ${count}, a block`,
        unit: 'ns',
        value: costs[i]!,
        goal: null,
      }),
    ),
    row({
      id: 'growth',
      name: 'the dearest by the cheapest of these',
      unit: 'ratio',
      value: Math.max(...costs) / Math.min(...costs),
      goal: 1.2,
    }),
  ];
}

export const growth: Workload = {
  id: 'growth',
  name: 'cost of an instance as the graph grows',
  about:
    'Strips of ten gains from one source into one bus: 10, 100, 1,000 and 10,000 instances in turn, what the task costs without them taken off.',
  run,
};
