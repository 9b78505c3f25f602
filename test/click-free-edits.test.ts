import { applyEdits, type GraphEdit, type Task } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { distance } from '../plugins/testing/signals.ts';
import { audio, DrivenTask, openRegistry, RATE, steepest } from './driven-task.ts';

/*
 * Edits of a task of steady sines: whatever an edit does, no step from one frame to the next is above 1.1 times the
 * largest that the sound makes by itself before or after the edit.
 */
const registry = await openRegistry();
const BLOCK = 128;
const HZ = 440;
const FRAMES = 600_000;
const sine = (hz: number, amplitude: number) =>
  Float32Array.from({ length: FRAMES }, (_, n) => amplitude * Math.cos((2 * Math.PI * hz * n) / RATE));
const media = { one: audio(sine(HZ, 0.3)), two: audio(sine(HZ, 0.3), sine(HZ * 1.5, 0.3)) };

const wire = (from: string, to: string, more: object = {}) => ({ from: { node: from }, to: { node: to }, ...more });
const put = (part: string, name: string, value: object) => ({ op: 'put', part, name, value }) as GraphEdit;
const remove = (part: string, name: string) => ({ op: 'remove', part, name }) as GraphEdit;
const gain = (gainDb = 0) => ({ model: 'audiocloud:gain', widths: { in: 1, out: 1 }, parameters: { gain: gainDb } });
const late = (frames: number) => ({ model: 'audiocloud:delay', widths: { in: 1 }, parameters: { delay: frames } });
const tremolo = { model: 'example:tremolo', widths: { in: 1 } };

/** Two ways to one sink, one with latency, and a second sink beside it. */
const base: Task = {
  sampleRate: RATE,
  tracks: {
    track: { channels: 1, clips: [{ media: 'one', startSeconds: 0 }] },
    wide: { channels: 2, clips: [{ media: 'two', startSeconds: 0 }] },
  },
  instances: { gain: gain(-3), late: late(100) },
  buses: { bus: { inputChannels: 1 }, matrix: { inputChannels: 2, outputChannels: 1, matrix: [[0.5, 0.25]] } },
  connections: {
    a: wire('track', 'gain'),
    b: wire('gain', 'bus'),
    c: wire('track', 'late'),
    d: wire('late', 'bus', { gainDb: -6 }),
    e: wire('bus', 'main'),
    f: wire('wide', 'side', { channels: [[0, 0]] }),
    g: wire('wide', 'matrix'),
    h: wire('matrix', 'side'),
  },
  sinks: { main: { kind: 'stream', channels: 1 }, side: { kind: 'stream', channels: 1 } },
};

/** A playing task whose two sinks are listened to all the time. */
class Listened {
  readonly driven: DrivenTask;
  readonly heard: Record<string, number[]> = { main: [], side: [] };

  constructor(graph: Task) {
    this.driven = new DrivenTask(graph, { registry, media });
    this.driven.play();
  }

  run(blocks: number): void {
    const part = new Float32Array(BLOCK);
    for (let block = 0; block < blocks; block++) {
      this.driven.renderer.render(BLOCK, []);
      for (const [name, out] of Object.entries(this.heard)) {
        if (!this.driven.task.sinks.some((sink) => sink.name === name)) continue;
        const ring = this.driven.ring(name);
        ring.read(ring.written - BLOCK, BLOCK, part);
        out.push(...part);
      }
    }
  }

  /** Until nothing that was there before the edit is left. */
  settle(): void {
    for (let i = 0; i < 100; i++) {
      this.run(4);
      if (this.driven.settle()) i = 0;
    }
  }
}

const step = (samples: number[], from: number, to?: number) => steepest(Float32Array.from(samples.slice(from, to)));

/** Plays, edits with `blocks` blocks between, and compares the steps. Returns what was heard. */
function check(t: Test, graph: Task, turns: GraphEdit[][], blocks = 200): Listened {
  const listened = new Listened(graph);
  listened.run(100);
  const own: Record<string, number> = {};
  const measure = () => {
    for (const [name, samples] of Object.entries(listened.heard))
      own[name] = Math.max(own[name] ?? 0, step(samples, Math.max(0, samples.length - 40 * BLOCK)));
  };
  for (const samples of Object.values(listened.heard)) samples.splice(0, 50 * BLOCK);
  measure();
  for (const edits of turns) {
    listened.driven.edit(edits);
    listened.run(blocks);
    measure();
  }
  listened.settle();
  measure();
  for (const [name, samples] of Object.entries(listened.heard)) {
    const found = step(samples, 0);
    t.ok(found <= 1.1 * own[name]!, `${name}: a step of ${found}, its own ${own[name]}`);
    const at = samples.findIndex((x, n) => n > 0 && Math.abs(x - samples[n - 1]!) > 1.1 * own[name]!);
    if (at >= 0) t.comment(`at frame ${at - 50 * BLOCK} after the edit`);
  }
  return listened;
}

const cases: Record<string, GraphEdit[][]> = {
  'a connection is removed': [[remove('connections', 'd')]],
  'the last connection of a sink is removed': [[remove('connections', 'e')]],
  'a connection is added': [[put('connections', 'more', wire('track', 'main'))]],
  'a connection is replaced by one from elsewhere': [[put('connections', 'e', wire('track', 'main'))]],
  'a connection leads elsewhere': [[put('connections', 'b', wire('gain', 'main'))]],
  'an instance is added': [
    [
      put('instances', 'new', gain(-2)),
      put('connections', 'x', wire('bus', 'new')),
      put('connections', 'y', wire('new', 'main')),
    ],
  ],
  'an instance is added in a chain': [
    [
      put('instances', 'new', gain(-2)),
      put('connections', 'e', wire('bus', 'new')),
      put('connections', 'y', wire('new', 'main')),
    ],
  ],
  'an instance that makes sound of its own is added': [
    [
      put('instances', 'tone', { model: 'audiocloud:tone', parameters: { frequency: HZ } }),
      put('connections', 'y', wire('tone', 'main', { channels: [[0, 0]], gainDb: -12 })),
    ],
  ],
  'an instance is removed': [[remove('instances', 'gain')]],
  'an instance with latency is removed': [[remove('instances', 'late')]],
  'a gain changes': [[put('connections', 'd', wire('late', 'bus', { gainDb: -20 }))]],
  'a matrix changes': [
    [put('buses', 'matrix', { inputChannels: 2, outputChannels: 1, matrix: [[0.1, 0.9]] })],
    [put('buses', 'matrix', { inputChannels: 2, outputChannels: 1 })],
  ],
  'a channel map changes': [
    [put('connections', 'f', wire('wide', 'side', { channels: [[1, 0]] }))],
    [
      put(
        'connections',
        'f',
        wire('wide', 'side', {
          channels: [
            [0, 0],
            [1, 0],
          ],
        }),
      ),
    ],
  ],
  'a latency rises, and all sinks are lined up anew': [[put('instances', 'late', late(777))]],
  'a latency falls': [[put('instances', 'late', late(7))]],
  'an instance with latency goes into one of two ways': [
    [
      put('instances', 'slow', late(500)),
      put('connections', 'b', wire('gain', 'slow')),
      put('connections', 'z', wire('slow', 'bus')),
    ],
  ],
  'an instance with a latency of a second and more': [
    [
      put('instances', 'slow', late(60_000)),
      put('connections', 'b', wire('gain', 'slow')),
      put('connections', 'z', wire('slow', 'bus')),
    ],
  ],
  'an offset by hand': [[put('connections', 'd', wire('late', 'bus', { offsetFrames: 321 }))]],
  'an instance becomes another model': [[put('instances', 'gain', tremolo)]],
  'an instance moves to a plugin with a memory of its own and back': [
    [put('instances', 'late', tremolo)],
    [put('instances', 'late', late(100))],
  ],
  'a bus becomes wider': [[put('buses', 'bus', { inputChannels: 2, outputChannels: 1, matrix: [[0.7, 0.7]] })]],
  'the clips of a track change': [
    [put('tracks', 'track', { channels: 1, clips: [{ media: 'one', startSeconds: 0, offsetSeconds: 0.123 }] })],
  ],
  'a track is removed': [[remove('tracks', 'track')]],
  'an arrow is turned round': [
    [
      put('instances', 'two', gain()),
      put('connections', 'x', wire('gain', 'two')),
      put('connections', 'y', wire('two', 'bus')),
    ],
    [
      put('connections', 'a', wire('track', 'two')),
      put('connections', 'x', wire('two', 'gain')),
      remove('connections', 'y'),
    ],
  ],
  'feedback comes and goes': [
    [put('instances', 'loop', late(300)), put('connections', 'x', wire('bus', 'loop', { gainDb: -6 }))],
    [put('connections', 'y', wire('loop', 'bus', { feedback: true, gainDb: -3 }))],
    [remove('connections', 'y')],
  ],
};

/** The edits that make one task of another. */
function editsBetween(from: Task, to: Task): GraphEdit[] {
  const edits: GraphEdit[] = [];
  for (const part of ['tracks', 'buses', 'instances', 'connections', 'sinks'] as const) {
    const [before, after] = [from[part] ?? {}, to[part] ?? {}] as Record<string, object>[];
    for (const name of Object.keys(before!)) if (!(name in after!)) edits.push(remove(part, name));
    for (const [name, value] of Object.entries(after!))
      if (JSON.stringify(value) !== JSON.stringify(before![name])) edits.push(put(part, name, value));
  }
  // removing a node takes its connections with it
  const removed = new Set(
    edits.flatMap((edit) => (edit.op === 'remove' && edit.part !== 'connections' ? edit.name : [])),
  );
  return edits.filter((edit) => {
    const connection = edit.op === 'remove' && edit.part === 'connections' ? from.connections![edit.name]! : undefined;
    return !connection || !(removed.has(connection.from.node) || removed.has(connection.to.node));
  });
}

/** Tasks of about the same loudness: what an edit leads to from one it may lead away from again before it is heard. */
const states: Task[] = Object.values(cases).flatMap((turns) =>
  turns.map((_, n) => applyEdits(base, turns.slice(0, n + 1).flat(), () => [])),
);

for (const [seed, longest] of [
  [1, 3],
  [2, 12],
  [3, 40],
  [4, 12],
  [5, 12],
  [6, 6],
  [7, 20],
] as const)
  t.test(`edits while others fade, at most ${longest} blocks apart`, async (t) => {
    // mulberry32
    let state: number = seed;
    const below = (n: number) => {
      state = (state + 0x6d2b79f5) | 0;
      let x = Math.imul(state ^ (state >>> 15), 1 | state);
      x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
      return ((x ^ (x >>> 14)) >>> 0) % n;
    };
    const listened = new Listened(base);
    const own = { main: 0, side: 0 };
    for (const graph of states) {
      const alone = new Listened(graph);
      alone.run(600);
      for (const name of ['main', 'side'] as const)
        own[name] = Math.max(own[name], step(alone.heard[name]!, alone.heard[name]!.length - 40 * BLOCK));
    }
    listened.run(20);
    let settled = 0;
    const log: string[] = [];
    for (let turn = 0; turn < Math.min(300, 4000 / longest); turn++) {
      const next = states[below(states.length)]!;
      const { graph } = listened.driven.task;
      const edits = editsBetween(graph, next);
      if (edits.length > 0) listened.driven.edit(edits);
      log.push(`${listened.heard['side']!.length}: ${JSON.stringify(edits)}`);
      listened.run(1 + below(longest));
      if (below(4) === 0 && listened.driven.settle()) settled++;
    }
    listened.driven.edit(editsBetween(listened.driven.task.graph, base));
    listened.settle();
    const loaded = new Listened(base);
    loaded.run(listened.heard['main']!.length / BLOCK);
    for (const name of ['main', 'side']) {
      const [last, wanted] = [listened, loaded].map((one) => Float32Array.from(one.heard[name]!.slice(-40 * BLOCK)));
      t.ok(distance(last!, wanted!) < 1e-6, `${name}: when all is over it is what the graph sounds like by itself`);
    }
    for (const [name, samples] of Object.entries(listened.heard)) {
      const from = 10 * BLOCK;
      const found = step(samples, from);
      const limit = 1.1 * own[name as 'main' | 'side'];
      const at = samples.findIndex((x, n) => n > from && Math.abs(x - samples[n - 1]!) > limit);
      if (at >= 0) t.comment(at, log.filter((l) => Number(l.split(':')[0]) < at).slice(-4));
      t.ok(found <= limit, `${name}: a step of ${found}, limit ${limit}, seed ${seed}`);
    }
    t.comment(`${settled} times settled between`);
  });

for (const [name, turns] of Object.entries(cases))
  t.test(name, async (t) => {
    check(t, base, turns);
  });
