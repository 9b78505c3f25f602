import type { GraphEdit, Task } from '@audiocloud/api';
import { LoadedTask, planTask, TaskRenderer } from '@audiocloud/engine';
import { stockRegistry } from '../peers/ours.ts';
import { type Bench, median, type Row, row, type Workload } from '../row.ts';

/** Longest block of the edited task. */
const MAX_FRAMES = 128;

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

/** Edits of the console that never repeat themselves, so that nothing made before can be handed out again. */
const EDITS: Record<string, { name: string; edits: (turn: number) => GraphEdit[] }> = {
  add: {
    name: 'adds an instance and a connection',
    edits: (turn) => [
      { op: 'put', part: 'instances', name: `new${turn}`, value: { model: 'audiocloud:gain' } },
      {
        op: 'put',
        part: 'connections',
        name: `new${turn}c`,
        value: { from: { node: 's7i3' }, to: { node: `new${turn}` } },
      },
    ],
  },
  gain: {
    name: 'changes the gain of a connection',
    edits: (turn) => [
      {
        op: 'put',
        part: 'connections',
        name: `s${turn % 200}mix`,
        value: { from: { node: `s${turn % 200}i3` }, to: { node: 'mix' }, gainDb: -4 - (turn % 9) },
      },
    ],
  },
  cut: {
    name: 'removes a connection',
    edits: (turn) => [{ op: 'remove', part: 'connections', name: `s${turn}c1` }],
  },
  value: {
    name: 'replaces the parameters of an instance',
    edits: (turn) => [
      {
        op: 'put',
        part: 'instances',
        name: `s${turn % 200}i2`,
        value: { model: 'audiocloud:gain', parameters: { gain: -1 - (turn % 9) } },
      },
    ],
  },
};

/** Milliseconds of `LoadedTask.edit`, each followed by a block, so that what an edit leaves behind is freed as in life. */
function timeEdits(editsOf: (turn: number) => GraphEdit[], warmUps: number, turns: number): number {
  const graph = mixingConsole(1000);
  const task = LoadedTask.load({ id: 'bench', graph, media: {}, registry: stockRegistry(), maxFrames: MAX_FRAMES });
  const renderer = new TaskRenderer(task.image);
  const times: number[] = [];
  for (let turn = 0; turn < warmUps + turns; turn++) {
    const edits = editsOf(turn);
    const begun = performance.now();
    const image = task.edit(turn + 2, edits);
    times.push(performance.now() - begun);
    renderer.update(image);
    renderer.takeAhead(MAX_FRAMES);
  }
  task.dispose();
  return median(times.slice(warmUps));
}

async function run(bench: Bench): Promise<Row[]> {
  const registry = stockRegistry();
  const modelOf = (id: string) => registry.find(id).model;
  const plans = [
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
  const edits = Object.entries(EDITS).map(([kind, { name, edits: editsOf }]) => {
    bench.say(`plan: edit that ${name}`);
    return row({
      id: `plan/edit-${kind}`,
      name: `edit of a 1000-node task that ${name}, up to the new image`,
      unit: 'ms',
      value: timeEdits(editsOf, bench.quick ? 1 : 40, bench.quick ? 3 : 60),
      goal: 2,
    });
  });
  return [...plans, ...edits];
}

export const plan: Workload = { id: 'plan', name: 'time to plan', run };
