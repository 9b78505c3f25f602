import { fileURLToPath } from 'node:url';
import type { GraphEdit, Task } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { Registry } from '../registry/registry.ts';
import { TaskRenderer } from '../render/task-renderer.ts';
import { LoadedTask } from '../task/loaded-task.ts';
import { Admission, STEADINESS } from './admission.ts';
import { CostCache } from './cost-cache.ts';
import { ModelCosts } from './model-costs.ts';
import { isKnownSteadiness } from './steadiness.ts';

/*
 * One thread and a task that plays on it; what is measured of it is given by the test. The limit follows from what the costs,
 * which are measured here, predict of the task: nothing depends on the machine.
 */
const registry = Registry.open([fileURLToPath(new URL('../../plugins', import.meta.url))]);
const PERIOD_NS = (128 / 48000) * 1e9;

const chain = (count: number): Task => ({
  sampleRate: 48000,
  instances: {
    source: { model: 'audiocloud:tone', widths: { out: 1 } },
    ...Object.fromEntries(
      Array.from({ length: count }, (_, n) => [`x${n}`, { model: 'audiocloud:gain', widths: { in: 1, out: 1 } }]),
    ),
  },
  connections: Object.fromEntries(
    Array.from({ length: count + 1 }, (_, n) => [
      `c${n}`,
      { from: { node: n === 0 ? 'source' : `x${n - 1}` }, to: { node: n === count ? 'main' : `x${n}` } },
    ]),
  ),
  sinks: { main: { kind: 'stream', channels: 1 } },
});

/** limit: by what is predicted of the task.   spread: of the machine. */
async function playing(t: Test, limit: number, spread = 1) {
  const cacheDir = t.testdir({});
  const costs = new ModelCosts({ sampleRate: 48000, blockFrames: 128, cacheDir });
  t.teardown(() => costs.close());
  const names = new Set<string>();
  const threads = {
    tasksOf: () => [[...names]],
    threadOf: () => 0,
    move: async () => {},
  };
  // steadiness that is known, as after ten minutes
  const cache = new CostCache(cacheDir, isKnownSteadiness);
  cache.write(STEADINESS, { seconds: 600, spread });
  const options = { threads, costs, periodNs: PERIOD_NS, bufferBlocks: 18, limit: 1 as number, cache };
  const admission = new Admission(options);
  const graph = chain(8);
  await admission.learn(graph, registry);
  let made: LoadedTask | undefined;
  const entry = admission.enter(
    'a',
    () => registry,
    () => made,
  );
  const loaded = LoadedTask.load({ id: 'a', graph, media: {}, registry, maxFrames: 128, admit: entry.admit });
  made = loaded;
  t.teardown(() => loaded.dispose());
  await admission.keep('a', entry);
  names.add('a');
  const predicted = admission.predictedLoadOf('a');
  options.limit = limit * predicted;
  await admission.start('a');
  const renderer = new TaskRenderer(loaded.image);
  const play = loaded.transport({ play: true });
  renderer.render(128, []);
  await play;
  admission.started('a');
  /** The task takes so many times what was predicted, for some seconds. */
  const measure = (ratio: number, { thread = ratio, waking = 0, isRealTime = true } = {}) => {
    const turns = (load: number) => [{ mean: load, largest: load }];
    for (let second = 0; second < 5; second++)
      admission.observe({
        tasks: new Map([['a', turns(ratio * predicted)]]),
        threads: [turns(thread * predicted)],
        waking: turns(waking),
        isRealTime,
      });
  };
  return { admission, entry, loaded, predicted, measure, options };
}

const code = (change: () => unknown): string | undefined => {
  try {
    change();
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
};
const put: GraphEdit[] = [
  { op: 'put', part: 'instances', name: 'more', value: { model: 'audiocloud:gain', widths: { in: 1, out: 1 } } },
  { op: 'put', part: 'connections', name: 'more', value: { from: { node: 'source' }, to: { node: 'more' } } },
];

t.test('what plays goes on when it turns out dearer than its thread; only what adds is refused', async (t) => {
  const { admission, entry, loaded, measure, predicted } = await playing(t, 1.6);
  measure(3);
  t.ok(Math.abs(admission.loadOf('a') / predicted - 3) < 1e-9, 'it claims twice what there is');
  t.equal(
    code(() => loaded.edit(2, put)),
    'ENGINE_FULL',
  );
  t.equal(
    code(() => loaded.listenTo(new Set(['x0']))),
    undefined,
    'somebody listens',
  );
  await admission.keep('a', entry);
  t.ok(admission.predictedLoadOf('a') > predicted, 'which counts');
  t.equal(
    code(() => loaded.edit(2, [{ op: 'remove', part: 'instances', name: 'x7' }])),
    undefined,
    'less',
  );
  await admission.keep('a', entry);
});

t.test('an edit that adds nothing is not refused when costs have become known that are higher', async (t) => {
  const { admission, entry, loaded, options, predicted } = await playing(t, 1.6);
  const costs = options.costs;
  // as when the model could not be measured before: the same plan is predicted to take more from now on
  const find = costs.find.bind(costs);
  t.intercept(costs, 'find', {
    value: (one: Parameters<typeof find>[0]) => {
      const found = find(one);
      return found && { points: found.points.map(([count, ns]) => [count, ns * 10_000]) };
    },
  });
  t.equal(
    code(() => loaded.edit(2, [{ op: 'set', instance: 'x1', parameter: 'gain', value: -6 }])),
    undefined,
    'the same',
  );
  await admission.keep('a', entry);
  t.ok(admission.predictedLoadOf('a') > predicted);
  t.equal(
    code(() => loaded.edit(3, put)),
    'ENGINE_FULL',
  );
});

t.test('what waking takes, and what the thread takes beyond the claims, is not given away', async (t) => {
  const refusal = (admission: Admission, predicted: number) => {
    const other = admission.enter(
      'b',
      () => registry,
      () => undefined,
    );
    other.claim.prediction = { ns: 0.2 * predicted * PERIOD_NS, nodes: [], nodeNs: new Float64Array() };
    return admission.keep('b', other).then(() =>
      admission.start('b').then(
        () => undefined,
        (error) => error,
      ),
    );
  };
  await t.test('with room', async (t) => {
    const { admission, measure, predicted } = await playing(t, 2);
    measure(1);
    t.equal(await refusal(admission, predicted), undefined);
  });
  await t.test('with half of it gone into the thread itself', async (t) => {
    const { admission, measure, predicted } = await playing(t, 2);
    measure(1, { thread: 1.9 });
    const { code: found, message, details } = await refusal(admission, predicted);
    t.equal(found, 'ENGINE_FULL');
    t.match(message, /beyond what its tasks claim 0\.\d+/);
    t.ok(Math.abs(details.threads[0].beyond / predicted - 0.9) < 1e-9);
    measure(1, { thread: 1.9, isRealTime: false });
    t.equal(await refusal(admission, predicted), undefined, 'without real-time scheduling it may be what others took');
  });
  await t.test('with slow spells of the machine to come', async (t) => {
    const { admission, measure, predicted } = await playing(t, 1.6, 1.5);
    t.ok(Math.abs(admission.loadOf('a') / predicted - 2) < 1e-9, 'nothing is measured: twice');
    measure(1);
    t.ok(Math.abs(admission.loadOf('a') / predicted - 1.5) < 1e-9, 'claimed is what it takes in one of them');
    const { message, details } = await refusal(admission, predicted);
    t.match(message, /kept for slow spells of this machine: up to 1\.50 times the quickest second/);
    t.equal(details.spread, 1.5);
    measure(1.45);
    t.ok(Math.abs(admission.loadOf('a') / predicted - 1.5) < 1e-9, 'and not more when it comes');
  });
  await t.test('with a fifth of it gone into waking', async (t) => {
    const { admission, measure, predicted } = await playing(t, 1.4);
    measure(1, { waking: 0.2 });
    const { message, details } = await refusal(admission, predicted);
    t.match(message, /waking the threads takes 0\.20 of each block/);
    t.ok(Math.abs(details.free / predicted - (0.8 * 1.4 - 1)) < 1e-9 && details.waking === 0.2);
  });
});
