import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { checkPlugin } from './check.ts';
import { checkPluginApart } from './check-apart.ts';
import { CHECKS } from './check-table.ts';
import { BAD_PLUGINS, type BadPlugin } from './fixtures/bad-plugins.ts';
import { faultyPackage } from './fixtures/faulty-plugin.ts';
import { assemble, watPlugin } from './fixtures/wat-plugin.ts';

/** The package of a bad plugin: everything is as in the good one, but for what is wrong. */
async function badPackage({ fault = 'NONE', wat, bytes, model, folder: change }: BadPlugin) {
  const made = await faultyPackage(fault, model);
  const module = join(made.folder, 'plugin.wasm');
  const manifest = join(made.folder, 'audiocloud.json');
  const changed = wat ? assemble(watPlugin(wat)) : bytes?.(readFileSync(module));
  if (changed) {
    writeFileSync(module, changed);
    const integrity = `sha256-${createHash('sha256').update(changed).digest('base64')}`;
    writeFileSync(manifest, JSON.stringify({ ...JSON.parse(readFileSync(manifest, 'utf8')), integrity }));
  }
  change?.(made.folder);
  return made;
}

// All are made before the first plugin is loaded: from then on V8 compiles WebAssembly with its optimising compiler only
// (optimise.ts), which takes half a minute for the AssemblyScript compiler, and seconds for the assembler.
const good = await badPackage({});
const goodKeys = await badPackage({ fault: 'KEYS_NONE' });
const traps = await badPackage({ fault: 'TRAPS' });
const expensive = await badPackage({ fault: 'EXPENSIVE' });
const bad: { name: string; plugin: BadPlugin; folder: string }[] = [];
const made = [good, goodKeys, traps, expensive];
for (const [name, list] of Object.entries(BAD_PLUGINS))
  for (const plugin of list) {
    const found = await badPackage(plugin);
    made.push(found);
    bad.push({ name, plugin, folder: found.folder });
  }
t.teardown(() => {
  for (const { remove } of made) remove();
});

t.test('an effect and an instrument pass every check, whatever the seed', async (t) => {
  for (const seed of [1, 4294967295]) {
    const all = [good, goodKeys].map(({ folder }) => checkPlugin(folder, { seed }).models[0]!.checks);
    const passed = new Set<string>();
    for (const checks of all) {
      t.equal(checks.length, CHECKS.length);
      for (const { name, result, detail } of checks) {
        if (result === 'passed') passed.add(name);
        else t.equal(result, 'skipped', `seed ${seed}, ${name}: ${detail}`);
      }
    }
    t.equal(passed.size, CHECKS.length, 'what the one skips is for the other');
  }
});

t.test('every check has a bad plugin that it finds', async (t) => {
  t.strictSame(Object.keys(BAD_PLUGINS).sort(), CHECKS.map(({ id }) => id).sort(), 'one line for each check');
  for (const { name, plugin, folder } of bad) {
    const { models } = checkPlugin(folder, { only: [name] });
    const [{ result, detail } = { result: 'none', detail: '' }] = models[0]!.checks;
    const what = plugin.fault ?? (plugin.wat ? JSON.stringify(plugin.wat) : '');
    t.equal(result, plugin.result ?? 'failed', `${name} ${what}: ${detail}`);
    if (plugin.says) t.match(detail, plugin.says);
  }
});

t.test('a check that fails or traps does not end the others', async (t) => {
  const { checks } = checkPlugin(traps.folder).models[0]!;
  t.equal(checks.length, CHECKS.length);
  const of = (wanted: string) => checks.find(({ name }) => name === wanted)?.result;
  t.equal(of('canaries'), 'crashed');
  t.equal(of('parameter-defaults'), 'passed', 'what needs no sound');
  t.equal(of('create-destroy'), 'passed');
});

t.test('a check that hangs has crashed, and the next one goes on', async (t) => {
  // every block takes nearly all of its fuel: hundreds of thousands of blocks would take minutes
  const { models } = await checkPluginApart(expensive.folder, {
    only: ['tail-denormals', 'manifest'],
    limitSeconds: 1,
  });
  t.match(models[0]!.checks, [
    { name: 'manifest', result: 'passed' },
    { name: 'tail-denormals', result: 'crashed', detail: 'it took longer than 1 s' },
  ]);
});
