import type { Task } from '@audiocloud/api';
import { planTask } from '@audiocloud/engine';
import { stockRegistry } from '../peers/ours.ts';
import { type Bench, median, type Row, row, type Workload } from '../row.ts';

/** A task of about `nodes` nodes: strips of four instances in series, summed. */
export function mixingConsole(nodes: number): Task {
  const strips = Math.floor((nodes - 2) / 4);
  const instances: NonNullable<Task['instances']> = {};
  const connections: NonNullable<Task['connections']> = { main: { from: { node: 'mix' }, to: { node: 'main' } } };
  for (let s = 0; s < strips; s++) {
    for (let i = 0; i < 4; i++) instances[`s${s}i${i}`] = { model: 'audiocloud:gain' };
    for (let i = 0; i < 3; i++)
      connections[`s${s}c${i}`] = { from: { node: `s${s}i${i}` }, to: { node: `s${s}i${i + 1}` } };
    connections[`s${s}mix`] = { from: { node: `s${s}i3` }, to: { node: 'mix' }, gainDb: -3 };
  }
  return {
    sampleRate: 48000,
    instances,
    connections,
    buses: { mix: { inputChannels: 2 } },
    sinks: { main: { kind: 'stream', channels: 2 } },
  };
}

async function run(bench: Bench): Promise<Row[]> {
  const registry = stockRegistry();
  const modelOf = (id: string) => registry.find(id).model;
  return [
    [1000, 5],
    [10000, 60],
  ].map(([nodes, goal]) => {
    bench.say(`plan: ${nodes} nodes`);
    const task = mixingConsole(nodes!);
    const once = () => {
      const begun = performance.now();
      planTask(task, modelOf);
      return performance.now() - begun;
    };
    for (let i = 0; i < 5; i++) once();
    return row({
      id: `plan/${nodes}`,
      name: `plan of ${nodes} nodes`,
      unit: 'ms',
      value: median(Array.from({ length: bench.quick ? 3 : 21 }, once)),
      goal: goal!,
    });
  });
}

export const plan: Workload = { id: 'plan', name: 'time to plan', run };
