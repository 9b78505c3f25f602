import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, checkModel, Mapping, Rack } from '@audiocloud/api';
import t from 'tap';
import { parse } from 'yaml';
import { driverProblems } from './driver-check.ts';

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
  t.same(driverProblems(driver, model), []);
});

t.test('the mappings of the guide are mappings', async (t) => {
  const mappings = Object.values(examples('mappings of a MIDI device')[0]);
  t.equal(mappings.length, 3);
  for (const mapping of mappings) t.doesNotThrow(() => check(Mapping, mapping, 'mapping', 'DRIVER_INVALID'));
});

t.test('the rack of the guide is a rack', async (t) => {
  t.equal(check(Rack, examples('rack')[0], 'rack', 'DRIVER_INVALID').instances.length, 2);
});
