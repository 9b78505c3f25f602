import { AudioCloudError, type Instance, type Model, type Task } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { audio, DrivenTask, openRegistry, RATE } from '../../test/driven-task.ts';
import { watPackage } from '../plugin/fixtures/wat-package.ts';
import { loadWat, type WatParts, watModel } from '../plugin/fixtures/wat-plugin.ts';
import { PluginMemory } from '../plugin/plugin-memory.ts';
import { instanceMedia } from './instance-media.ts';

/** Slot `one` is number 0, slot `more` has 1 and 2. */
const model: Model = {
  ...watModel,
  id: 'test:media',
  mediaSlots: [
    { id: 'one', name: 'One', maxSeconds: 1, maxChannels: 2 },
    { id: 'more', name: 'More', count: 2, maxSeconds: 1, maxChannels: 1 },
  ],
};

const at = '(local.get $at)';
/**
 * Each block begins with the first sample of the last channel in each of the three places, 0 where nothing is, and a fourth that
 * counts the blocks; all else is 0. With x = 1 it traps. Word 112: a table of addresses, word 116: blocks.
 */
const parts: WatParts = {
  more: `(func (export "ac_media") (param $at i32) (param $slot i32) (param $address i32) (param $frames i32) (param $channels i32)
      (param $rate f64) (result i32)
      (if (i32.eqz (i32.load offset=112 ${at})) (then (i32.store offset=112 ${at} (call $alloc (i32.const 16)))))
      (i32.store (i32.add (i32.load offset=112 ${at}) (i32.shl (local.get $slot) (i32.const 2)))
        (i32.add (local.get $address) (i32.mul (i32.sub (local.get $channels) (i32.const 1))
          (i32.shl (i32.and (i32.add (local.get $frames) (i32.const 3)) (i32.const -4)) (i32.const 2)))))
      (i32.const 0))`,
  start: {
    ac_process: `(local $i i32) (local $from i32)
      (if (i32.load offset=48 ${at}) (then (unreachable)))
      (memory.fill (i32.load offset=108 ${at}) (i32.const 0) (i32.shl (local.get $frames) (i32.const 2)))
      (loop $next
        (local.set $from (i32.const 0))
        (if (i32.load offset=112 ${at}) (then
          (local.set $from (i32.load (i32.add (i32.load offset=112 ${at}) (i32.shl (local.get $i) (i32.const 2)))))))
        (if (local.get $from) (then
          (f32.store (i32.add (i32.load offset=108 ${at}) (i32.shl (local.get $i) (i32.const 2))) (f32.load (local.get $from)))))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))))
      (i32.store offset=116 ${at} (i32.add (i32.load offset=116 ${at}) (i32.const 1)))
      (f32.store offset=12 (i32.load offset=108 ${at}) (f32.convert_i32_u (i32.load offset=116 ${at})))
      (return (i32.const 1))`,
  },
};

const level = (value: number, frames = 10) => audio(new Float32Array(frames).fill(value));
const sounds = { a: level(0.5), b: level(0.25), stereo: audio([1, 2, 3, 4, 5], [0.125, 0, 0, 0, 0]) };
const wire = (from: string, to: string) => ({ from: { node: from }, to: { node: to } });

/** A task of these instances, each into a sink of its own. */
const graphOf = (instances: Record<string, Instance>): Task => ({
  sampleRate: RATE,
  instances,
  connections: Object.fromEntries(Object.keys(instances).map((name) => [name, wire(name, `${name}-sink`)])),
  sinks: Object.fromEntries(
    Object.keys(instances).map((name) => [`${name}-sink`, { kind: 'stream', channels: 1 } as const]),
  ),
});

async function play(
  t: Test,
  instances: Record<string, Instance>,
  media: Record<string, ReturnType<typeof audio>> = sounds,
) {
  const registry = await openRegistry(watPackage(t, parts, { manifest: { models: [model] } }));
  const driven = new DrivenTask(graphOf(instances), { registry, media });
  driven.play();
  return driven;
}

/** The four numbers with which the next block of an instance begins. */
const numbers = (driven: DrivenTask, name = 'x') => [...driven.render(1, `${name}-sink`)[0]!.subarray(0, 4)];

t.test('every refusal says which instance, slot and media, and what was wanted', async (t) => {
  const long = audio(new Float32Array(RATE + 1));
  const media = { ...sounds, long, wide: audio([1], [1], [1]) };
  const refused = (given: Instance['media'], code: string, message: RegExp) =>
    t.throws(() => instanceMedia('x', { model: 'test:media', media: given! }, model, media), { code, message });
  refused({ two: 'a' }, 'GRAPH_INVALID', /x\.two: test:media has the slots one, more/);
  refused({ one: 'gone' }, 'MEDIA_MISSING', /'gone' to x\.one: the task has no media of that name/);
  refused({ more: ['a', 'gone'] }, 'MEDIA_MISSING', /'gone' to x\.more/);
  refused({ one: 'toString' }, 'MEDIA_MISSING', /'toString' to x\.one/);
  refused({ one: 'long' }, 'TOO_LARGE', /'long' to x\.one: it lasts 1\.00 s, the slot takes 1 s; cut it/);
  refused({ one: 'wide' }, 'CHANNELS_MISMATCH', /'wide' to x\.one: it has 3 channels, the slot takes 2/);
  refused({ more: 'stereo' }, 'CHANNELS_MISMATCH', /'stereo' to x\.more: it has 2 channels, the slot takes 1/);
  refused({ one: ['a', 'b'] }, 'GRAPH_INVALID', /2 pieces of media to x\.one: it takes 1/);
  refused({ more: [null, null, 'a'] }, 'GRAPH_INVALID', /3 pieces of media to x\.more: it takes 2/);
  const none = { ...watModel };
  t.throws(() => instanceMedia('x', { model: none.id, media: { one: 'a' } }, none, media), {
    message: /x\.one: test:through has the slots \(none\)/,
  });
});

t.test('places are counted through all slots; null and what is left out are empty', async (t) => {
  const of = (media?: Instance['media']) =>
    instanceMedia('x', { model: 'test:media', ...(media ? { media } : {}) }, model, sounds);
  t.same(of(), [undefined, undefined, undefined]);
  t.strictSame(of({ more: 'b' }), [undefined, sounds.b, undefined]);
  t.strictSame(of({ more: [null, 'b'], one: 'a' }), [sounds.a, undefined, sounds.b]);
  t.same(of({ more: [], one: [null] }), [undefined, undefined, undefined]);
});

t.test('a plugin gets what the task says, channel behind channel', async (t) => {
  const driven = await play(t, {
    x: { model: 'test:media', media: { one: 'stereo', more: [null, 'b'] } },
    y: { model: 'test:media' },
  });
  t.same(numbers(driven).slice(0, 3), [0.125, 0, 0.25]);
  t.same(numbers(driven, 'y').slice(0, 3), [0, 0, 0]);
});

t.test('a task that cannot have its media is refused as a whole, and an edit leaves it as it was', async (t) => {
  await t.rejects(play(t, { x: { model: 'test:media', media: { one: 'gone' } } }), {
    code: 'MEDIA_MISSING',
    message: /'gone' to x\.one/,
  });
  const driven = await play(t, { x: { model: 'test:media', media: { one: 'a' } } });
  const { image } = driven.task;
  t.throws(
    () =>
      driven.edit([
        { op: 'put', part: 'instances', name: 'x', value: { model: 'test:media', media: { more: 'stereo' } } },
      ]),
    { code: 'CHANNELS_MISMATCH', message: /x\.more/ },
  );
  t.equal(driven.task.image, image);
  t.equal(numbers(driven)[0], 0.5);
});

t.test('a piece lies in a memory once, whoever uses it, and is gone with the last', async (t) => {
  const memory = new PluginMemory(loadWat(parts));
  const before = memory.pieces;
  const first = memory.lent.take(sounds.stereo);
  t.equal(memory.lent.take(sounds.stereo), first, 'shared');
  t.not(memory.lent.take(sounds.a), first);
  t.equal(memory.pieces, before + 2);
  // planar, each channel padded with zeros to a multiple of 4 frames
  t.same([...memory.views.f32.subarray(first / 4, first / 4 + 10)], [1, 2, 3, 4, 5, 0, 0, 0, 0.125, 0]);
  memory.lent.giveBack(sounds.stereo);
  t.equal(memory.pieces, before + 2, 'the other one still has it');
  memory.lent.giveBack(sounds.stereo);
  t.equal(memory.pieces, before + 1);
  memory.lent.giveBack(sounds.stereo);
  t.equal(memory.pieces, before + 1, 'nothing is given back twice');
  memory.lent.giveBack(sounds.a);
  t.equal(memory.pieces, before);
});

t.test('the same sound again leaves an instance as it is; another makes it anew', async (t) => {
  const value = { model: 'test:media', media: { one: 'a' } };
  const driven = await play(t, { x: value });
  driven.render(3);
  const put = (media: Instance['media']) => [
    { op: 'put', part: 'instances', name: 'x', value: { ...value, media: media! } } as const,
  ];
  t.same(numbers(driven), [0.5, 0, 0, 4]);
  const file = (path: string) => ({ op: 'put', part: 'media', name: 'a', value: { path } }) as const;
  // opened again: the same samples in another place
  driven.edit([...put({ one: 'a' }), file('copy.wav')], { ...sounds, a: level(0.5) });
  t.same(numbers(driven), [0.5, 0, 0, 5], 'it goes on counting');
  driven.edit([file('another.wav')], { ...sounds, a: level(0.375) });
  driven.render(40);
  while (driven.settle());
  t.same(numbers(driven).slice(0, 3), [0.375, 0, 0], 'another sound under the same name');
  t.ok(numbers(driven)[3]! < 45);
  driven.edit(put({ one: 'b' }));
  driven.render(40);
  t.same(numbers(driven).slice(0, 3), [0.25, 0, 0], 'another name');
});

t.test('where a memory is full of media, an instance goes into another one', async (t) => {
  // 24 pieces of a second are more than the 4 MiB that the module may have
  const count = 24;
  const names = Array.from({ length: count }, (_, i) => `x${i}`);
  const media = Object.fromEntries(names.map((name, i) => [name, level((i + 1) / 64, RATE)]));
  const driven = await play(
    t,
    Object.fromEntries(names.map((name) => [name, { model: 'test:media', media: { one: name } }])),
    media,
  );
  t.ok(new Set(driven.task.image.instances.map(({ memory }) => memory)).size > 1);
  driven.render(1);
  for (const [i, name] of names.entries()) {
    const ring = driven.ring(`${name}-sink`);
    const block = new Float32Array(128);
    ring.read(ring.written - 128, 128, block);
    t.equal(block[0], (i + 1) / 64, name);
  }
});

t.test('an instance that failed starts again with its media', async (t) => {
  const driven = await play(t, { x: { model: 'test:media', media: { one: 'a', more: ['b'] } } });
  driven.render(2);
  void driven.task.changes.set([{ instance: 'x', parameter: 'x', value: 1 }]);
  t.same(numbers(driven), [0, 0, 0, 0], 'silent in the block of the fault');
  for (let look = 1; look < 6; look++) {
    driven.render(15);
    const { image } = driven.task.recover((look * 15 * 128) / RATE);
    if (image) driven.renderer.update(image);
  }
  t.match(driven.task.state().instances['x'], { state: 'running', faults: 1, restarts: 1 });
  t.same(numbers(driven).slice(0, 3), [0.5, 0.25, 0]);
});

t.test('the error of an instance that fits no memory names it', async (t) => {
  const small: WatParts = { ...parts, memory: '(memory (export "memory") 2 10)' };
  const registry = await openRegistry(watPackage(t, small, { manifest: { models: [model] } }));
  const media = { a: audio(new Float32Array(RATE), new Float32Array(RATE)), b: level(1, RATE), c: level(1, RATE) };
  const value = { model: 'test:media', media: { one: 'a', more: ['b', 'c'] } };
  let found: unknown;
  try {
    new DrivenTask(graphOf({ x: value }), { registry, media });
  } catch (error) {
    found = error;
  }
  t.ok(found instanceof AudioCloudError);
  t.match(found, { code: 'INSTANCE_FAILED', message: /instance 'x'.*ac_alloc/ });
});
