import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Instance } from '@audiocloud/api';
import t from 'tap';
import { loadWat, watModel } from '../plugin/fixtures/wat-plugin.ts';
import { portWidths } from '../plan/graph-nodes.ts';
import { planTask } from '../plan/plan.ts';
import { Registry } from '../registry/registry.ts';
import { settingOf } from './cost-signature.ts';
import { type CostedInstance, ModelCosts, nsOf } from './model-costs.ts';
import { predictLoad } from './predict-load.ts';

// Costs are compared by what must hold on any machine under any load; how much they are is a matter of the bench.
const PERIOD_NS = (128 / 48000) * 1e9;
const registry = Registry.open([fileURLToPath(new URL('../../plugins', import.meta.url))]);
const costed = (instance: Instance): CostedInstance => {
  const { model, plugin } = registry.find(instance.model);
  return { instance, model, plugin: plugin!, widths: portWidths('x', instance, model) };
};
const gain = costed({ model: 'audiocloud:gain' });
const open = (cacheDir: string, warnings: string[] = []) =>
  new ModelCosts({
    sampleRate: 48000,
    blockFrames: 128,
    cacheDir,
    warn: (_, details) => warnings.push(String(details['error'])),
  });

// Made before anything is measured: from then on the process compiles as one that plays, and the assembler is a large module.
const bad = ['(unreachable)', '(loop $for_ever (br $for_ever))'].map(
  (process): CostedInstance => ({
    instance: { model: watModel.id },
    model: watModel,
    plugin: { ...loadWat({ start: { ac_process: process } }), hash: process },
    widths: { in: 1, out: 1 },
  }),
);

t.test('a cost is measured once on a machine, then read from disk', async (t) => {
  const cacheDir = t.testdir({});
  const costs = open(cacheDir);
  t.teardown(() => costs.close());
  t.equal(costs.find(gain), undefined, 'not before it is asked for');
  await costs.learn([gain]);
  const found = costs.find(gain)!;
  t.same(
    found.points.map(([count]) => count),
    [1, 4, 32],
  );
  const ns = found.points.map(([, each]) => each);
  t.ok(
    ns.every((each, i) => each > 0 && each >= (ns[i - 1] ?? 0)),
    `${ns} grow`,
  );
  const host = costs.host!;
  t.ok([host.taskNs, host.trackChannelNs, host.wireNs, host.sinkChannelNs].every((each) => each > 0));
  const files = readdirSync(join(cacheDir, 'costs'));
  t.equal(files.length, 2, 'of the model and of the host');

  const again = open(cacheDir);
  // what is on disk is believed: a figure that nobody measures shows it
  const file = files.find((name) => readFileSync(join(cacheDir, 'costs', name), 'utf8').includes('points'))!;
  writeFileSync(join(cacheDir, 'costs', file), JSON.stringify({ points: [[1, 123456]] }));
  await again.learn([gain, gain]);
  t.same(again.find(gain), { points: [[1, 123456]] });
  t.same(again.host, host);

  for (const damaged of ['', '{}', '{"points":[[1,-5]]}', '{"points":[[4,9],[1,5]]}']) {
    writeFileSync(join(cacheDir, 'costs', file), damaged);
    const third = open(cacheDir);
    await third.learn([gain]);
    t.equal(third.find(gain)!.points.length, 3, `measured again instead of ${damaged || 'nothing'}`);
    await third.close();
  }
});

t.test('a folder that cannot be written to costs a measurement, nothing else', async (t) => {
  const costs = open(join(t.testdir({ file: '' }), 'file'));
  await costs.learn([gain]);
  t.ok(costs.find(gain));
  await costs.close();
});

t.test('a setting has a cost of its own; one that is not known costs as much as the dearest', async (t) => {
  const costs = open(t.testdir({}));
  const plain = costed({ model: 'audiocloud:equalizer' });
  const eight = costed({ model: 'audiocloud:equalizer', parameters: { type: 'high-cut', slope: 48 } });
  await costs.learn([plain, eight]);
  await costs.close();
  t.ok(nsOf(costs.find(eight)!, 1) > nsOf(costs.find(plain)!, 1), 'eight steep filters cost more than none');
  const other = costed({ model: 'audiocloud:equalizer', parameters: { type: 'low-cut' } });
  t.equal(costs.find(other), costs.find(eight));
  t.equal(costs.find(costed({ model: 'audiocloud:gain' })), undefined);
});

t.test(
  'strips that differ in a frequency are one setting; types, and values off their default, are others',
  async (t) => {
    const { model, widths } = costed({ model: 'audiocloud:equalizer' });
    const setting = (parameters: Instance['parameters']) => settingOf({ model: model.id, parameters }, model, widths);
    t.equal(setting({}), '');
    t.equal(setting({ frequency: [100, 200] }), setting({ frequency: [101, 202] }));
    t.not(setting({ gain: [0, 3] }), setting({ gain: [3, 0] }));
    t.not(setting({ type: ['bell'] }), setting({ type: ['low-cut'] }));
  },
);

t.test('a plugin that traps, or is stuck, is not measured, and harms no other', async (t) => {
  const warnings: string[] = [];
  const costs = open(t.testdir({}), warnings);
  t.teardown(() => costs.close());
  await costs.learn([...bad, gain]);
  for (const each of bad) t.equal(costs.find(each), undefined);
  t.ok(costs.find(gain));
  t.match(warnings[0], /is muted/);
  t.match(warnings[1], /is muted/);
});

t.test('a task is predicted to take more with every instance, and with every wire that is mixed', async (t) => {
  const costs = open(t.testdir({}));
  await costs.learn([gain]);
  await costs.close();
  const ns = (count: number, gainDb = 0): number => {
    const names = Array.from({ length: count }, (_, n) => `g${n}`);
    const graph = {
      sampleRate: 48000,
      instances: Object.fromEntries(names.map((name) => [name, { model: 'audiocloud:gain' }])),
      connections: Object.fromEntries(
        names.map((name) => [name, { from: { node: name }, to: { node: 'main' }, gainDb }]),
      ),
      sinks: { main: { kind: 'stream' as const, channels: 2 } },
    };
    const plan = planTask(graph, (id) => registry.find(id).model);
    const { ns: all, nodeNs } = predictLoad(plan, graph, registry, costs, PERIOD_NS);
    const sum = costs.host!.taskNs + nodeNs.reduce((sum, each) => sum + each, 0);
    t.ok(Math.abs(sum / all - 1) < 1e-9, 'the parts are the whole');
    return all;
  };
  let before = 0;
  for (let count = 0; count <= 100; count++) {
    const now = ns(count);
    if (!(now > before)) t.fail(`${count} instances: ${now} ns, one fewer: ${before} ns`);
    before = now;
  }
  t.ok(ns(1, -6) > ns(1), 'a gain on a wire');
});
