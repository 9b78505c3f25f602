import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ByteField, BytePage, check, checkModel, Delivery, Interlock, Mapping, Rack, Stay } from '@audiocloud/api';
import t from 'tap';
import { parse } from 'yaml';
import { adapterTraits } from './adapter-packages.ts';
import { driverProblems } from './driver-check.ts';
import { KINDS } from './kinds/kinds.ts';
import { LINT_CHECKS } from './lint/lint-checks.ts';
import { modelMistakes } from './lint/model.ts';
import { loadSimulator } from './open-simulator.ts';
import { devicePath } from './rack-file.ts';

const root = join(import.meta.dirname, '../..');
const guide = readFileSync(join(root, 'docs/device-guide.md'), 'utf8');

/** The YAML of the guide whose first line is `# kind`. */
const examples = (kind: string) =>
  [...guide.matchAll(/```yaml\n# (.*)\n([\s\S]*?)```/g)]
    .filter(([, named]) => named === kind)
    .map(([, , text]) => parse(text!));

t.test('the driver of the guide fits the model of the tree', async (t) => {
  const model = checkModel(parse(readFileSync(join(root, 'plugins/devices/generic-line-preamp/model.yaml'), 'utf8')));
  const [driver] = examples('driver');
  t.same(driverProblems(driver, model, adapterTraits(driver.adapter)), []);
});

t.test('mappings, pages, fields, deliveries and rules of the guide are such', async (t) => {
  for (const [kind, schema, count] of [
    ['mappings', Mapping, 6],
    ['pages', BytePage, 4],
    ['fields', ByteField, 4],
    ['delivery', Delivery, 3],
    ['interlocks', Interlock, 4],
    ['stays', Stay, 1],
  ] as const) {
    const found = Object.values(examples(kind)[0]);
    t.equal(found.length, count);
    for (const one of found) t.doesNotThrow(() => check(schema, one, kind, 'DRIVER_INVALID'));
  }
});

t.test('the guide names every kind of mapping, every stock device and every check', async (t) => {
  for (const { key } of KINDS) t.match(guide, new RegExp(`\`${key}[:\`]`), key);
  for (const name of readdirSync(join(root, 'plugins/devices'))) t.ok(guide.includes(`\`${name}\``), name);
  const table = [...guide.matchAll(/^\| `([a-z0-9-]+)` \| (.+) \|$/gm)].map(([, check, title]) => [check, title]);
  for (const entry of Object.entries(LINT_CHECKS))
    t.ok(
      table.some((row) => row[0] === entry[0] && row[1] === entry[1]),
      entry[0],
    );
});

t.test('the simulator of the guide takes a threshold and tells what is above it', async (t) => {
  const [, text] = /```js\n\/\/ simulator\n([\s\S]*?)```/.exec(guide)!;
  const folder = mkdtempSync(join(tmpdir(), 'audiocloud-guide-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'simulator.mjs'), text!);
  const adapter = await loadSimulator(pathToFileURL(join(folder, 'simulator.mjs')), 'Cannot run the guide');
  const [facts] = await adapter.list([{ name: 'comp' }]);
  const port = await adapter.open(facts!, {});
  t.teardown(() => port.close());
  await port.write(Uint8Array.of(0, 1, 20));
  t.same(adapter.stateOf!(facts!.id), { thresholdDb: -40 });
  // 30 dB above the threshold are 15 steps of 2 dB
  adapter.hear!(facts!.id, [{ peakDb: -10, rmsDb: -13 }]);
  await new Promise<void>((resolve) => port.onData((bytes) => bytes[2] === 15 && resolve()));
  t.pass('it tells 0, 2, 15');
});

t.test('the rack of the guide is a rack', async (t) => {
  const { instances } = check(Rack, examples('rack')[0], 'rack', 'DRIVER_INVALID');
  t.equal(instances.length, 5);
  // those by name are stock devices, which are found without being installed
  const named = instances.flatMap(({ driver }) => (driver.startsWith('@') ? [driver] : []));
  for (const name of named) t.match(devicePath(name, tmpdir(), [], 'Cannot'), name.split('/device-')[1]);
  t.equal(named.length, 3);
  t.throws(() => devicePath('@audiocloud/device-none', tmpdir(), [], 'Cannot'), { code: 'PLUGIN_MISSING' });
});

t.test('power and tape of the guide are those of a model', async (t) => {
  const model = parse(readFileSync(join(root, 'plugins/devices/generic-tape-machine/model.yaml'), 'utf8'));
  t.same([...modelMistakes({ ...model, ...examples('life')[0] })], []);
});
