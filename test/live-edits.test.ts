import type { GraphEdit, Task } from '@audiocloud/api';
import t from 'tap';
import { distance, noise } from '../plugins/testing/signals.ts';
import { audio, DrivenTask, openRegistry, RATE, steepest } from './driven-task.ts';

const registry = await openRegistry();
const BLOCK = 128;
/** A gain that changes, a connection that comes or goes takes so many frames. */
const RAMP = 512;
const media = { sound: audio(noise(400_000, 1)), other: audio(noise(400_000, 2)) };
const wire = (from: string, to: string, more: object = {}) => ({ from: { node: from }, to: { node: to }, ...more });
const put = (part: string, name: string, value: object) => ({ op: 'put', part, name, value }) as GraphEdit;
const remove = (part: string, name: string) => ({ op: 'remove', part, name }) as GraphEdit;
const gain = (gainDb: number) => ({
  model: 'audiocloud:gain',
  widths: { in: 1, out: 1 },
  parameters: { gain: gainDb },
});
const filter = {
  model: 'audiocloud:equalizer',
  widths: { in: 1 },
  parameters: { type: ['high-cut'], frequency: [200], slope: [48] },
};
const isSame = (a: Float32Array, b: Float32Array) => a.length === b.length && a.every((x, i) => Object.is(x, b[i]));

/** Two ways to two sinks: through a filter and a delay, which remember; and through a gain. */
const base: Task = {
  sampleRate: RATE,
  tracks: { track: { channels: 1, clips: [{ media: 'sound', startSeconds: 0 }] } },
  instances: {
    filter,
    late: { model: 'audiocloud:delay', widths: { in: 1 }, parameters: { delay: 777 } },
    gain: gain(-6),
  },
  connections: {
    a: wire('track', 'filter'),
    b: wire('filter', 'late'),
    c: wire('late', 'kept'),
    d: wire('track', 'gain'),
    e: wire('gain', 'changed'),
  },
  sinks: { kept: { kind: 'stream', channels: 1 }, changed: { kind: 'stream', channels: 1 } },
};

const start = (task = base) => {
  const driven = new DrivenTask(task, { registry, media });
  driven.play();
  return driven;
};

/** The next blocks of both sinks. */
function both(driven: DrivenTask, blocks: number): { kept: Float32Array; changed: Float32Array } {
  const kept = new Float32Array(blocks * BLOCK);
  const changed = new Float32Array(blocks * BLOCK);
  for (let block = 0; block < blocks; block++) {
    driven.renderer.render(BLOCK, []);
    for (const [name, out] of [
      ['kept', kept],
      ['changed', changed],
    ] as const) {
      const ring = driven.ring(name);
      ring.read(ring.written - BLOCK, BLOCK, out.subarray(block * BLOCK, (block + 1) * BLOCK));
    }
  }
  return { kept, changed };
}

t.test('what stays keeps its state, bit for bit, whatever is added and removed beside it', async (t) => {
  const [driven, alone] = [start(), start()];
  both(driven, 10);
  both(alone, 10);
  const steps: GraphEdit[][] = [
    [
      put('instances', 'more', filter),
      put('connections', 'm1', wire('track', 'more')),
      put('connections', 'm2', wire('more', 'changed')),
    ],
    [
      put('tracks', 'two', { channels: 1, clips: [{ media: 'other', startSeconds: 0 }] }),
      put('connections', 't2', wire('two', 'gain')),
    ],
    [
      put('buses', 'bus', { inputChannels: 1 }),
      put('connections', 'b1', wire('gain', 'bus')),
      put('connections', 'b2', wire('bus', 'changed')),
    ],
    [
      put('instances', 'c', { model: 'example:tremolo', widths: { in: 1 } }),
      put('connections', 'c1', wire('bus', 'c')),
      put('connections', 'c2', wire('c', 'changed')),
    ],
    [put('connections', 'm2', wire('more', 'changed', { gainDb: -12 }))],
    [remove('tracks', 'two')],
    [remove('instances', 'more'), remove('buses', 'bus')],
    [remove('instances', 'c'), remove('instances', 'gain')],
    [
      put('instances', 'gain', gain(-6)),
      put('connections', 'd', wire('track', 'gain')),
      put('connections', 'e', wire('gain', 'changed')),
    ],
  ];
  for (const [i, edits] of steps.entries()) {
    driven.edit(edits);
    const { kept } = both(driven, 7);
    t.ok(
      isSame(kept, both(alone, 7).kept),
      `edit ${i}: ${edits.map((edit) => ('name' in edit ? edit.name : edit.op))}`,
    );
    t.ok(kept.some((x) => Math.abs(x) > 1e-3));
  }
  both(driven, 10);
  both(alone, 10);
  t.ok(isSame(both(driven, 5).changed, both(alone, 5).changed), 'and at the end all is as it was');
});

/** `base` without latency: what is new is heard at once, for no delay line has to fill first. */
const prompt: Task = {
  ...base,
  instances: { filter, gain: gain(-6) },
  connections: {
    a: wire('track', 'filter'),
    b: wire('filter', 'kept'),
    d: wire('track', 'gain'),
    e: wire('gain', 'changed'),
  },
};

t.test('what is new is heard from the edit on, by the formula once its ramp is over', async (t) => {
  const driven = start(prompt);
  both(driven, 10);
  driven.edit([
    put('tracks', 'two', { channels: 1, clips: [{ media: 'other', startSeconds: 0, gainDb: -3 }] }),
    put('instances', 'g', gain(-9)),
    put('connections', 'x', wire('two', 'g')),
    put('connections', 'y', wire('g', 'changed', { gainDb: -2 })),
  ]);
  const [sound, other] = [media.sound.data[0]!, media.other.data[0]!];
  const wanted = (from: number, frames: number, isThere: boolean) =>
    Float32Array.from({ length: frames }, (_, i) => {
      const old = sound[from + i]! * 10 ** (-6 / 20);
      return isThere ? old + other[from + i]! * 10 ** (-14 / 20) : old;
    });
  both(driven, (2 * RAMP) / BLOCK); // first what is new is fed, then it is heard
  const error = distance(both(driven, 10).changed, wanted(18 * BLOCK, 10 * BLOCK, true));
  t.ok(error < 1e-6, `${error}`);
  driven.edit([remove('connections', 'y')]);
  both(driven, RAMP / BLOCK);
  t.ok(distance(both(driven, 4).changed, wanted(32 * BLOCK, 4 * BLOCK, false)) < 1e-6, 'and no more after it is gone');
});

t.test('edits of a steady sound make no step above that of its ramp', async (t) => {
  const ones = new Float32Array(400_000).fill(1);
  const driven = new DrivenTask(prompt, { registry, media: { sound: audio(ones), other: audio(ones) } });
  driven.play();
  both(driven, 20);
  const parts: Float32Array[] = [both(driven, 2).changed];
  for (const edits of [
    [put('connections', 'e', wire('gain', 'changed', { gainDb: -20 }))],
    [put('connections', 'e', wire('gain', 'changed'))],
    [put('connections', 'again', wire('track', 'changed'))],
    [put('connections', 'again', wire('track', 'changed', { gainDb: -6 }))],
  ]) {
    driven.edit(edits);
    parts.push(both(driven, 5).changed);
  }
  const whole = Float32Array.from(parts.flatMap((part) => [...part]));
  t.ok(steepest(whole) <= 1.01 / RAMP, `steepest ${steepest(whole)}`);
  t.ok(Math.max(...whole) - Math.min(...whole) > 0.4, 'and something did change');
});

t.test('a refused edit changes nothing: not the sound, the graph, the revision nor the memories', async (t) => {
  const [driven, alone] = [start(), start()];
  both(driven, 10);
  both(alone, 10);
  const good = put('connections', 'd', wire('track', 'gain', { gainDb: -20 }));
  const refused: [GraphEdit[], string][] = [
    [[good, put('instances', 'x', { model: 'nobody:nothing' })], 'MODEL_UNKNOWN'],
    [[good, remove('instances', 'ghost')], 'NODE_UNKNOWN'],
    [[good, put('connections', 'x', wire('gain', 'gain'))], 'GRAPH_CYCLE'],
    [[good, put('connections', 'x', wire('gain', 'ghost'))], 'NODE_UNKNOWN'],
    [
      [
        remove('connections', 'c'),
        put('sinks', 'kept', { kind: 'stream', channels: 3 }),
        put('connections', 'c', wire('late', 'kept', { channels: [[0, 9]] })),
      ],
      'CHANNELS_MISMATCH',
    ],
    [[good, put('tracks', 'two', { channels: 1, clips: [{ media: 'gone', startSeconds: 0 }] })], 'MEDIA_MISSING'],
    [
      [remove('instances', 'late'), put('instances', 'gain', { ...gain(0), parameters: { gain: 999 } })],
      'PARAMETER_VALUE',
    ],
  ];
  const { graph, revision, image } = driven.task;
  const bytes = () => driven.task.image.memories.map(({ memory }) => memory.buffer.byteLength);
  const before = bytes();
  for (const [edits, code] of refused) {
    t.throws(() => driven.edit(edits), { code });
    t.same([driven.task.graph, driven.task.revision], [graph, revision], code);
    t.equal(driven.task.image, image);
    const [heard, wanted] = [both(driven, 3), both(alone, 3)];
    t.ok(isSame(heard.kept, wanted.kept) && isSame(heard.changed, wanted.changed), code);
  }
  for (let i = 0; i < 200; i++) t.throws(() => driven.edit(refused[i % refused.length]![0]));
  t.same(bytes(), before, 'and 200 of them take no memory');
});

t.test('thousands of edits while it plays: memory stops growing, and the sound is what it was', async (t) => {
  const [driven, alone] = [start(), start()];
  const cycle: GraphEdit[][] = [
    [
      put('instances', 'eq', filter),
      put('instances', 'c', { model: 'example:tremolo', widths: { in: 1 } }),
      put('instances', 'd', { model: 'audiocloud:delay', widths: { in: 1 }, parameters: { delay: 500 } }),
      put('connections', 'x1', wire('track', 'eq')),
      put('connections', 'x2', wire('eq', 'c', { gainDb: -1 })),
      put('connections', 'x3', wire('c', 'd')),
      put('connections', 'x4', wire('d', 'side')),
      put('sinks', 'side', { kind: 'stream', channels: 1 }),
    ],
    [
      put('connections', 'x2', wire('eq', 'c', { gainDb: -7 })),
      put('tracks', 'two', { channels: 1, clips: [{ media: 'other', startSeconds: 0 }] }),
    ],
    [
      put('buses', 'bus', { inputChannels: 2, outputChannels: 2 }),
      put('connections', 'y', wire('two', 'bus')),
      put('connections', 'z', wire('bus', 'side', { channels: [[1, 0]] })),
    ],
    [remove('instances', 'eq'), remove('instances', 'c'), remove('instances', 'd'), remove('tracks', 'two')],
    [remove('buses', 'bus'), remove('sinks', 'side')],
  ];
  const bytes = () => driven.task.image.memories.map(({ memory }) => memory.buffer.byteLength);
  const turn = () => {
    for (const edits of cycle) {
      driven.edit(edits);
      const [heard, wanted] = [both(driven, 1), both(alone, 1)];
      if (!isSame(heard.kept, wanted.kept)) throw new Error(`edit ${driven.task.revision} is heard`);
    }
  };
  for (let i = 0; i < 20; i++) turn();
  const before = bytes();
  t.equal(before.length, 2);
  for (let i = 0; i < 400; i++) turn();
  t.same(bytes(), before, '2,000 edits more');
  t.equal(driven.task.revision, 1 + 420 * cycle.length);
});
