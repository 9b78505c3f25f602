import t from 'tap';
import type { Task } from '@audiocloud/api';
import { noise } from '../plugins/testing/signals.ts';
import { audio, DrivenTask, openRegistry, RATE } from './driven-task.ts';
import { faultyPackage } from '../engine/plugin/fixtures/faulty-plugin.ts';
import { watPackage } from '../engine/plugin/fixtures/wat-package.ts';
import { sharedWrite } from '../engine/plugin/shared-write.ts';
import { TaskHelper } from '../engine/render/task-helper.ts';
import { OfflineRender, renderTask } from '@audiocloud/engine';
import { randomTask } from './testing/random-task.ts';

const FRAMES = 6000;
const SEEDS = 8;
const media = { sound: audio(noise(FRAMES, 3)) };
const faulty = await faultyPackage('STATIC_STATE'); // keeps its state in static memory
t.teardown(faulty.remove);
/** Copies its input; traps when that begins with more than 0.6. */
const trapping = watPackage(
  t,
  {
    start: {
      ac_process: '(if (f32.gt (f32.load (i32.load offset=104 (local.get $at))) (f32.const 0.6)) (then (unreachable)))',
    },
  },
  { id: 'test:trapping' },
);
const registry = await openRegistry(faulty.folder, trapping);

const firstDifference = (a: Float32Array, b: Float32Array) => a.findIndex((x, i) => !Object.is(x, b[i]));

t.test('random graphs: one, two and three threads give the same bytes', async (t) => {
  let branches = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { task, events } = randomTask(seed, FRAMES);
    for (const sink of ['main', 'side']) {
      const render = (threads: number) =>
        renderTask({ task, media, registry, events, sink, toSeconds: FRAMES / RATE, threads, sharing: 'always' });
      const wanted = await render(1);
      for (const threads of sink === 'main' ? [2, 3] : [2]) {
        const found = await render(threads);
        t.equal(firstDifference(found.data[0]!, wanted.data[0]!), -1, `seed ${seed}, ${sink}, ${threads} threads`);
      }
      if (sink === 'main')
        t.ok(
          wanted.data[0]!.some((x) => x !== 0),
          `seed ${seed} sounds`,
        );
    }
    const { task: loaded } = new DrivenTask(task, { registry, media });
    branches += loaded.share(3).branches?.waitsFor.length ?? 1;
    loaded.dispose();
  }
  t.ok(branches > 4 * SEEDS, `${branches} branches in ${SEEDS} graphs`);
});

/** A renderer whose branches are all done by a helper that has seat 1. */
function helped(task: Task): { driven: DrivenTask; branches: number } {
  const driven = new DrivenTask(task, { registry, media });
  const image = driven.task.share(2);
  driven.renderer.update(image);
  const helper = new TaskHelper(image, 1);
  const { team } = driven.renderer.sharing as unknown as { team: { take(): number } };
  team.take = () => {
    while (helper.help());
    return -1;
  };
  return { driven, branches: image.branches!.waitsFor.length };
}

const from = (node: string, to: string) => ({ from: { node }, to: { node: to } });

/** So many instances of a model beside each other, each to a channel of the sink, and one that hears number 1. */
function sideBySide(model: string, count: number): Task {
  const names = Array.from({ length: count }, (_, i) => `n${i}`);
  return {
    sampleRate: RATE,
    tracks: { track: { channels: 1, clips: [{ media: 'sound', startSeconds: 0 }] } },
    instances: {
      ...Object.fromEntries(names.map((name) => [name, { model }])),
      after: { model: 'audiocloud:gain', widths: { in: 1, out: 1 }, parameters: { gain: -3 } },
    },
    connections: {
      ...Object.fromEntries(names.map((name, i) => [`in${i}`, { ...from('track', name), gainDb: -10 * i }])),
      ...Object.fromEntries(names.map((name, i) => [`out${i}`, { ...from(name, 'all'), channels: [[0, i]] }])),
      after: from('n1', 'after'),
      last: { ...from('after', 'all'), channels: [[0, count]] },
    } as NonNullable<Task['connections']>,
    sinks: { all: { kind: 'stream', channels: count + 1 } },
  };
}

t.test('a block that a helper alone does is the block of one thread', async (t) => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { task } = randomTask(seed, FRAMES);
    const alone = new DrivenTask(task, { registry, media });
    const { driven } = helped(task);
    for (const one of [alone, driven]) one.play();
    t.equal(firstDifference(driven.render(40)[0]!, alone.render(40)[0]!), -1, `seed ${seed}`);
    for (const one of [alone, driven]) one.task.dispose();
  }
});

t.test('an instance that traps on a helping thread is muted alone, as on one thread', async (t) => {
  const task = sideBySide('test:trapping', 5);
  const alone = new DrivenTask(task, { registry, media });
  const { driven } = helped(task);
  for (const one of [alone, driven]) one.play();
  const [wanted, found] = [alone.render(40), driven.render(40)];
  wanted.forEach((channel, c) => {
    t.equal(firstDifference(found[c]!, channel), -1, `channel ${c}`);
  });
  const states = driven.task.state().instances;
  const failed = Object.keys(states).filter((name) => states[name]!.state === 'failed');
  t.ok(failed.includes('n0') && !failed.includes('n4'), `muted: ${failed}`);
  t.same(states, alone.task.state().instances, 'the same ones, for the same reason');
  for (const one of [alone, driven]) one.task.dispose();
});

t.test('instances that write the same place in their memory take turns; the sound is that of one thread', async (t) => {
  const { plugin } = registry.find('test:low-pass');
  t.match(sharedWrite(plugin!), /test:low-pass writes at \d+, where another instance writes as well/);
  for (const model of ['audiocloud:gain', 'example:tremolo', 'test:trapping'])
    t.equal(sharedWrite(registry.find(model).plugin!), undefined, `${model} may be shared`);
  // between the instances the others of the plugin render: what is heard depends on the order of all of them
  const task = sideBySide('test:low-pass', 6);
  const render = (threads: number) =>
    renderTask({ task, media, registry, toSeconds: FRAMES / RATE, threads, sharing: 'always' });
  const [wanted, found] = [await render(1), await render(3)];
  wanted.data.forEach((channel, c) => {
    t.equal(firstDifference(found.data[c]!, channel), -1, `channel ${c}`);
  });
});

t.test('a cancelled render on several threads ends with its code, and can be begun again', async (t) => {
  const { task } = randomTask(2, FRAMES);
  const stop = new AbortController();
  const options = { task, media, registry, toSeconds: 10, threads: 3, sharing: 'always', signal: stop.signal } as const;
  const render = OfflineRender.start(options);
  const all = async () => {
    let frames = 0;
    for await (const piece of render.pieces()) {
      frames += piece.frames;
      if (frames >= FRAMES) stop.abort();
    }
  };
  await t.rejects(all(), { code: 'RENDER_CANCELLED' });
  t.throws(() => OfflineRender.start({ ...options, threads: 17 }), { code: 'REQUEST_INVALID', message: /1 to 16/ });
});
