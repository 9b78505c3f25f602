import { fileURLToPath } from 'node:url';
import type { Task } from '@audiocloud/api';
import { Registry, STEP, STEP_NUMBERS } from '@audiocloud/engine';
import { OwnEngine } from '../peers/ours.ts';
import { ProbePackages } from '../probe/probe-packages.ts';
import { type Bench, median, type Row, row, type Workload } from '../row.ts';

/*
 * The host's own cost, as differences of tasks that differ in one thing. A probe plugin whose kernel returns at once stands
 * for the empty instance; each of its packages has a memory of its own.
 */
const BLOCK = 128;
const CHAIN = 256;
const PAIRS = 504; // divides by 1 and by 63
const PACKAGES = 64;
const STOCK = fileURLToPath(new URL('../../plugins', import.meta.url));

type Graph = Pick<Required<Task>, 'instances' | 'connections'>;

function task({ instances, connections }: Graph): Task {
  return {
    sampleRate: 48000,
    instances: { source: { model: 'audiocloud:tone', widths: { out: 1 } }, ...instances },
    connections: { main: { from: { node: 'source' }, to: { node: 'main' } }, ...connections },
    sinks: { main: { kind: 'stream', channels: 1 } },
  };
}

/** Instances one behind the other. */
function chain(count: number, model: string, gainDb = 0): Task {
  const graph: Graph = { instances: {}, connections: {} };
  for (let i = 0; i < count; i++) {
    graph.instances[`x${i}`] = { model };
    if (model.startsWith('audiocloud:')) graph.instances[`x${i}`]!.widths = { in: 1 };
    graph.connections[`c${i}`] = { from: { node: i === 0 ? 'source' : `x${i - 1}` }, to: { node: `x${i}` }, gainDb };
  }
  return task(graph);
}

/**
 * Pairs of empty instances, the first of each in the first memory, the second in one of the others; joined by an edge or,
 * for comparison, not.
 */
function pairs(memories: number, isJoined: boolean, gainDb = 0): Task {
  const graph: Graph = { instances: {}, connections: {} };
  for (let i = 0; i < PAIRS; i++) {
    graph.instances[`a${i}`] = { model: 'probe:empty-0' };
    graph.instances[`b${i}`] = { model: `probe:empty-${1 + (i % (memories - 1))}` };
    if (isJoined) graph.connections[`c${i}`] = { from: { node: `a${i}` }, to: { node: `b${i}` }, gainDb };
  }
  return task(graph);
}

function copiesOf({ task: { image } }: OwnEngine): number {
  let copies = 0;
  for (let s = 0; s < image.steps.length; s += STEP_NUMBERS) if (image.steps[s] === STEP.copy) copies++;
  return copies;
}

async function run(bench: Bench): Promise<Row[]> {
  bench.say('host: writing probe plugins');
  const packages = new ProbePackages();
  try {
    const first = packages.write('empty-0', { id: 'probe:empty-0', kernel: 'empty' });
    for (let i = 1; i < PACKAGES; i++) packages.copy(first, `empty-${i}`, `probe:empty-${i}`);
    return measure(Registry.open([STOCK, packages.folder]), bench);
  } finally {
    packages.remove();
  }
}

function measure(registry: Registry, bench: Bench): Row[] {
  const open = (graph: Task) => new OwnEngine(graph, BLOCK, {}, registry);
  const engines = {
    none: open(chain(0, 'probe:empty-0')),
    empty: open(chain(CHAIN, 'probe:empty-0')),
    pointers: open(chain(CHAIN, 'audiocloud:delay')),
    gains: open(chain(CHAIN, 'audiocloud:delay', -0.001)),
    apartTwo: open(pairs(2, false)),
    joinedTwo: open(pairs(2, true)),
    apartMany: open(pairs(PACKAGES, false)),
    joinedMany: open(pairs(PACKAGES, true)),
    mixed: open(pairs(2, true, -3)),
  };
  const names = Object.keys(engines) as (keyof typeof engines)[];
  const blocks = 50; // short turns, so that what disturbs falls on all alike
  for (const name of names) engines[name].time(blocks);
  const rounds = Array.from({ length: bench.quick ? 15 : 300 }, (_, round) => {
    if (round % 10 === 0) bench.say(`host: round ${round + 1}`);
    return Object.fromEntries(names.map((name) => [name, (engines[name].time(blocks) / blocks) * 1e9])) as Record<
      keyof typeof engines,
      number
    >;
  });
  const each = (count: number, a: keyof typeof engines, b?: keyof typeof engines): number =>
    median(rounds.map((times) => (times[a] - (b ? times[b] : 0)) / count));
  const copies = copiesOf(engines.pointers);
  const crossing = copiesOf(engines.joinedTwo) - copiesOf(engines.apartTwo);
  if (crossing < PAIRS)
    throw new Error(`host: ${PAIRS} edges between memories make ${crossing} copies: they are not measured`);
  for (const name of names) engines[name].dispose();

  const of = (id: string, name: string, value: number, goal: number | null, unit = 'ns') =>
    row({ id: `host/${id}`, name, unit, value, goal });
  return [
    of('empty', 'an empty instance, a block', each(CHAIN, 'empty', 'none'), 25),
    of('copies', `copies for ${CHAIN} edges inside one memory`, copies, 0, 'copies'),
    of('copy-2', 'a copy between memories, of 2', each(PAIRS, 'joinedTwo', 'apartTwo'), 35),
    of('copy-64', 'a copy between memories, of 64', each(PAIRS, 'joinedMany', 'apartMany'), 80),
    of('mix', 'a mix with gain from another memory, more than a copy', each(PAIRS, 'mixed', 'joinedTwo'), 40),
    of('instance', 'an instance that copies its input, block of 128', each(CHAIN, 'pointers'), null),
    of('edge-gain', 'an edge with a gain, more than one without', each(CHAIN, 'gains', 'pointers'), null),
  ];
}

export const host: Workload = {
  id: 'host',
  name: "the host's own cost",
  about:
    'What the host adds to the work of the kernels: an instance whose kernel returns at once (the look over its output included), edges inside one memory, and edges between memories. Differences of tasks that differ in one thing, by the number of instances or edges.',
  run,
};
