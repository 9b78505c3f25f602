import type { Task } from '@audiocloud/api';
import { renderTask } from '@audiocloud/engine';
import t from 'tap';
import { watPackage } from '../engine/plugin/fixtures/wat-package.ts';
import { distance, noise } from '../plugins/testing/signals.ts';
import { audio, DrivenTask, openRegistry, RATE } from './driven-task.ts';

const registry = await openRegistry();
const FRAMES = 6000;
const tracks = { source: { channels: 1, clips: [{ media: 'sound', startSeconds: 0 }] } };
const sinks: NonNullable<Task['sinks']> = { main: { kind: 'stream', channels: 1 } };
const wire = (from: string, to: string, more: object = {}) => ({ from: { node: from }, to: { node: to }, ...more });
const half = 20 * Math.log10(0.5);
/** The tremolo's own formula, of examples/plugins/c-tremolo. */
const tremolo = (depth: number, rateHz: number, frame: number) =>
  1 - (depth * (1 - Math.cos((2 * Math.PI * rateHz * frame) / RATE))) / 2;
const fills = ({ task }: DrivenTask) => task.image.memories.map(({ memory }) => memory.buffer.byteLength / 65536);

t.test('two plugins in one task: the sound is the formula, wherever an edge crosses', async (t) => {
  // in AssemblyScript and in C, in turn: each edge leads from one memory to the other, one also back to the mix
  const task: Task = {
    sampleRate: RATE,
    tracks,
    instances: {
      g1: { model: 'audiocloud:gain', widths: { in: 1, out: 1 }, parameters: { gain: -6 } },
      t1: { model: 'example:tremolo', widths: { in: 1 }, parameters: { depth: 100, rate: 20 } },
      g2: { model: 'audiocloud:gain', widths: { in: 1, out: 1 }, parameters: { gain: 3 } },
      t2: { model: 'example:tremolo', widths: { in: 1 }, parameters: { depth: 50, rate: 3.7 } },
      late: { model: 'audiocloud:delay', widths: { in: 1 }, parameters: { delay: 100 } },
    },
    connections: {
      a: wire('source', 'g1'),
      b: wire('g1', 't1'),
      c: wire('t1', 'g2', { gainDb: half }),
      d: wire('g2', 't2'),
      e: wire('t2', 'main'),
      // a branch across: one memory's output to both, with compensation of its delay
      f: wire('t1', 'late'),
      g: wire('late', 'main', { gainDb: half }),
    },
    sinks,
    lengthSeconds: FRAMES / RATE,
  };
  const sound = noise(FRAMES, 3);
  for (const blockFrames of [32, 128, 480]) {
    const { data, latencyFrames } = await renderTask({ task, media: { sound: audio(sound) }, registry, blockFrames });
    t.equal(latencyFrames, 100);
    const wanted = sound.map((x, n) => {
      const first = x * 10 ** (-6 / 20) * tremolo(1, 20, n);
      return first * 0.5 * 10 ** (3 / 20) * tremolo(0.5, 3.7, n) + first * 0.5;
    });
    const error = distance(data[0]!, wanted);
    t.ok(error < 1e-6, `blocks of ${blockFrames}: ${error}`);
  }
});

t.test('a plugin that fills its memory goes on in another; edges between the two are the formula', async (t) => {
  // 60 stereo delays of 4 seconds are more than the 64 MiB that a module may have; the first 100 frames are heard at once
  const count = 60;
  const names = Array.from({ length: count }, (_, i) => `d${i}`);
  const task: Task = {
    sampleRate: RATE,
    tracks,
    instances: Object.fromEntries([
      ...names.map((name) => [name, { model: 'audiocloud:delay', parameters: { delay: 192000 } }]),
      ...names.map((name, i) => [
        `g-${name}`,
        { model: 'audiocloud:gain', widths: { in: 1, out: 1 }, parameters: { gain: -0.5 * i } },
      ]),
    ]),
    // through the gains forwards in order, through the memories back and forth
    connections: Object.fromEntries([
      ...names.flatMap((name, i) => [
        [`a${i}`, wire('source', `g-${names[count - 1 - i]}`)],
        [`b${i}`, wire(`g-${name}`, name, { channels: [[0, 0]] })],
        [`c${i}`, wire(name, 'main', { channels: [[0, 0]], gainDb: -40 })],
      ]),
    ]),
    sinks,
  };
  const sound = noise(1000, 4);
  const driven = new DrivenTask(task, { registry, media: { sound: audio(sound) } });
  const memories = new Set(driven.task.image.instances.map(({ memory }) => memory));
  t.equal(memories.size, 2, `instances live in two: ${fills(driven)} pages`);
  driven.play();
  const sum = names.reduce((all, _, i) => all + 10 ** ((-0.5 * i - 40) / 20), 0);
  const wanted = sound.map((x) => x * sum);
  const blocks = Math.ceil((192000 + 1000) / 128);
  const out = driven.render(blocks)[0]!;
  t.ok(
    out.subarray(0, 192000).every((x) => x === 0),
    'nothing comes out before its time',
  );
  const heard = out.subarray(192000, 193000);
  t.ok(distance(heard, wanted) < 1e-6, `${distance(heard, wanted)}`);
});

t.test('a memory so full that the host has no room gets fewer instances', async (t) => {
  // long blocks: the host's own buffers are as large as the instances
  const count = 500;
  const task: Task = {
    sampleRate: RATE,
    tracks,
    instances: Object.fromEntries(
      Array.from({ length: count }, (_, i) => [`g${i}`, { model: 'audiocloud:gain', parameters: { gain: -60 } }]),
    ),
    connections: Object.fromEntries(
      Array.from({ length: count }, (_, i) => [
        [`a${i}`, wire('source', `g${i}`, { gainDb: -1 })],
        [`b${i}`, wire(`g${i}`, 'main', { channels: [[0, 0]] })],
      ]).flat(),
    ),
    sinks,
    lengthSeconds: 8192 / RATE,
  };
  const sound = noise(8192, 5);
  const blockFrames = 8192;
  const driven = new DrivenTask(task, { registry, media: { sound: audio(sound) }, blockFrames });
  t.ok(driven.task.image.memories.length > 1, `pages: ${fills(driven)}`);
  driven.play();
  const gain = count * 10 ** (-61 / 20);
  const error = distance(
    driven.render()[0]!,
    sound.map((x) => x * gain),
  );
  t.ok(error < count * 2 ** -25, `half a step of a float near 1 for each addition at most: ${error}`);
  // and the task can be edited
  driven.edit([{ op: 'put', part: 'instances', name: 'more', value: { model: 'audiocloud:gain' } }]);
  t.equal(Object.keys(driven.task.state().instances).length, count + 1);
});

t.test('an instance that fits no memory is refused by name, and leaves no memory behind', async (t) => {
  // with x = 1 it wants 1,000 pages of the 64 that its module may have
  const keepX = '(i32.store offset=116 (local.get $at) (i32.trunc_f64_s (local.get 3)))';
  const grow = `(if (i32.load offset=116 (local.get $at)) (then
    (if (i32.eq (memory.grow (i32.const 1000)) (i32.const -1)) (then (return (i32.const -12))))))`;
  const wide = await openRegistry(watPackage(t, { start: { ac_parameter: keepX, ac_activate: grow } }));
  const driven = new DrivenTask(
    {
      sampleRate: RATE,
      tracks,
      instances: { small: { model: 'test:through' } },
      connections: { a: wire('source', 'small'), b: wire('small', 'main') },
      sinks,
    },
    { registry: wide, media: { sound: audio(noise(100, 1)) } },
  );
  const { image } = driven.task;
  const large = { model: 'test:through', parameters: { x: 1 } };
  for (let i = 0; i < 3; i++)
    t.throws(() => driven.edit([{ op: 'put', part: 'instances', name: 'large', value: large }]), {
      code: 'INSTANCE_FAILED',
      message: /'large'.*ac_activate.*returned -12/,
    });
  t.equal(driven.task.image, image);
  t.equal(image.memories.length, 1);
  driven.play();
  t.same(driven.render()[0]!.subarray(0, 100), noise(100, 1), 'what was there plays');
});
