import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { CHECKS } from '../plugin/check-table.ts';
import { checkPackage } from './check-package.ts';

const stock = (path: string) => fileURLToPath(new URL(`../../plugins/${path}`, import.meta.url));

/** Checks that did not pass, by name. */
async function faults(folder: string) {
  // how an adapter behaves is proven by plugins/adapters/conformance.ci.test.ts
  const only = CHECKS.filter(({ of }) => of === 'package').map(({ id }) => id);
  const { models } = await checkPackage(folder, { only });
  return Object.fromEntries(
    models[0]!.checks.flatMap(({ name, result, detail }) =>
      result === 'passed' ? [] : [[name, `${result}: ${detail}`]],
    ),
  );
}

const none = { integrity: 'skipped: there is no module to read' };

t.test('devices and adapters pass the checks of packages', async (t) => {
  const adapters = ['http', 'midi', 'osc', 'serial', 'usb-hid'].map((name) => `adapters/${name}`);
  for (const path of ['devices/generic-line-preamp', 'devices/generic-cc-effect', ...adapters])
    t.strictSame(await faults(stock(path)), none, path);
});

t.test('a driver that does not fit its model is found, and a file that leads out', async (t) => {
  const folder = t.testdir();
  cpSync(stock('devices/generic-line-preamp'), folder, { recursive: true });
  const driver = join(folder, 'driver.yaml');
  const good = readFileSync(driver, 'utf8');
  writeFileSync(driver, good.replace(/^parameters:/m, 'parameterss:'));
  t.match(await faults(folder), { loads: /^failed: Cannot accept driver .*line \d+/ });
  writeFileSync(driver, good);
  t.match(await faults(folder), {
    ...none,
    manifest:
      /^failed: simulator\.ts is TypeScript, which Node does not run once it is installed; .* name simulator\.js/,
  });
  writeFileSync(
    join(folder, 'audiocloud.json'),
    '{ "kind": "device", "models": ["model.yaml"], "drivers": ["../driver.yaml"] }',
  );
  t.match(await faults(folder), { 'package-paths': /leads out of the package/ });
});

t.test('a device whose simulator is not there, or lies outside, is found', async (t) => {
  const folder = t.testdir();
  cpSync(stock('devices/generic-line-preamp'), folder, { recursive: true });
  rmSync(join(folder, 'simulator.ts'));
  t.match(await faults(folder), { loads: /there is no simulator\.ts, which its manifest names/ });
  const manifest = { kind: 'device', models: ['model.yaml'], drivers: ['driver.yaml'], simulator: '../simulator.ts' };
  writeFileSync(join(folder, 'audiocloud.json'), JSON.stringify(manifest));
  t.match(await faults(folder), { 'package-paths': /leads out of the package/ });
});

t.test('the simulator of a device runs, also where the adapter of its driver is not installed', async (t) => {
  const folder = t.testdir();
  cpSync(stock('devices/generic-line-preamp'), folder, { recursive: true });
  const driver = join(folder, 'driver.yaml');
  writeFileSync(driver, readFileSync(driver, 'utf8').replace('adapter: serial', 'adapter: far-bus'));
  const { models } = await checkPackage(folder, { only: ['simulator-loads', 'open-again'] });
  t.match(models[0]!.checks, [
    { name: 'simulator-loads', result: 'passed' },
    { name: 'open-again', result: 'passed' },
  ]);
});

t.test('an adapter without its simulator is found', async (t) => {
  const folder = t.testdir();
  cpSync(stock('adapters/serial'), folder, { recursive: true, filter: (path) => !path.includes('node_modules') });
  t.strictSame(Object.keys(await faults(folder)), ['manifest', 'integrity'], 'but for its TypeScript');
  rmSync(join(folder, 'simulator.ts'));
  t.match(await faults(folder), { loads: /simulator/ });
});
