import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { loadDevicePackage } from './device-package.ts';

const DEVICES = join(import.meta.dirname, '../../plugins/devices');

async function copyWith(t: Test, change: (driver: string) => string) {
  const folder = await mkdtemp(join(tmpdir(), 'audiocloud-device-'));
  t.teardown(() => rm(folder, { recursive: true }));
  await cp(join(DEVICES, 'generic-cc-effect'), folder, { recursive: true });
  const path = join(folder, 'driver.yaml');
  await writeFile(path, change(await readFile(path, 'utf8')));
  return folder;
}

t.test('device packages of the tree load', async (t) => {
  const names = await readdir(DEVICES);
  t.equal(names.length, 12);
  for (const name of names) {
    const [device] = await loadDevicePackage(join(DEVICES, name));
    t.equal(device!.model.id, name.replace('-', ':'));
    t.equal(device!.driver.model, device!.model.id);
  }
});

t.test('a mistake is named by file, line and place', async (t) => {
  const folder = await copyWith(t, (driver) => driver.replace('from: [0, 100]', 'from: [0, 200]'));
  await t.rejects(loadDevicePackage(folder), {
    code: 'DRIVER_INVALID',
    message: /driver\.yaml: line 7: \/parameters\/mix\/rescale\/from is 0 to 200, .* 0 to 100/,
    details: { problems: [{ line: 7, place: '/parameters/mix/rescale/from' }] },
  });
});

t.test('YAML that cannot be read is named by line', async (t) => {
  for (const [name, bad, line] of [
    ['an anchor that is not there', 'model: a\nport: *nowhere\n', 2],
    ['a key twice', 'model: a\nmodel: b\n', 2],
    ['a bracket that stays open', 'a: 1\nport: [\n', 3],
  ] as const) {
    const folder = await copyWith(t, () => bad);
    await t.rejects(
      loadDevicePackage(folder),
      { code: 'DRIVER_INVALID', message: new RegExp(`driver\\.yaml: line ${line}`) },
      name,
    );
  }
});

t.test('an adapter is no device', async (t) => {
  await t.rejects(loadDevicePackage(join(DEVICES, '../adapters/midi')), { code: 'PLUGIN_MANIFEST' });
});
