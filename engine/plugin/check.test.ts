import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AudioCloudError } from '@audiocloud/api';
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
const traps = await badPackage({ fault: 'TRAPS' });
const expensive = await badPackage({ fault: 'EXPENSIVE' });
const unreadable = await badPackage({});
const bad: { name: string; plugin: BadPlugin; folder: string }[] = [];
const made = [good, traps, expensive, unreadable];
for (const [name, list] of Object.entries(BAD_PLUGINS))
  for (const plugin of list) {
    const found = await badPackage(plugin);
    made.push(found);
    bad.push({ name, plugin, folder: found.folder });
  }
t.teardown(() => {
  for (const { remove } of made) remove();
});

t.test('a good plugin passes every check', async (t) => {
  const { checks } = checkPlugin(good.folder).models[0]!;
  t.strictSame(
    checks.filter(({ result }) => result !== 'passed'),
    [],
  );
  t.equal(checks.length, CHECKS.length);
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

t.test('a package of which nothing can be read is reported, too', async (t) => {
  const { folder } = unreadable;
  rmSync(join(folder, 'plugin.wasm'));
  writeFileSync(join(folder, 'audiocloud.json'), 'no JSON');
  const { models } = checkPlugin(folder);
  t.equal(models[0]!.id, 'low-pass', 'named as the package');
  const failed = models[0]!.checks.filter(({ result }) => result === 'failed');
  t.same(
    failed.map(({ name }) => name),
    ['manifest', 'models', 'loads'],
  );
  t.ok(
    models[0]!.checks.every(({ result, detail }) => result !== 'skipped' || detail.length > 0),
    'what is skipped says why',
  );
});

t.test('what is asked for is run, and only that', async (t) => {
  const { folder } = good;
  const only = ['parameter-fuzz', 'manifest'];
  const seen: string[] = [];
  const here = checkPlugin(folder, { only, seed: 7 });
  const apart = await checkPluginApart(folder, {
    only,
    seed: 7,
    onCheck: ({ name }, model, { done, of }) => seen.push(`${model} ${name} ${done}/${of}`),
  });
  t.strictSame(apart, here, 'on a thread of its own the same');
  t.strictSame(seen, ['test:low-pass manifest 1/2', 'test:low-pass parameter-fuzz 2/2']);
  t.strictSame(checkPlugin(folder, { only, seed: 7 }), here, 'the same seed, the same report');
  const details = [7, 8].map((seed) => checkPlugin(folder, { only, seed }).models[0]!.checks[1]!.detail);
  t.not(details[0], details[1], 'another seed makes other changes');
  for (const run of [() => checkPlugin(folder, { only: ['gone'] }), () => checkPlugin(join(folder, 'gone'))])
    try {
      run();
      t.fail('it should be refused');
    } catch (error) {
      t.match((error as AudioCloudError).code, /REQUEST_INVALID|PLUGIN_MISSING/);
    }
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

t.test('docs/plugin-checks.md has a heading for every check, with area, title, why and how to mend', async (t) => {
  const text = readFileSync(new URL('../../docs/plugin-checks.md', import.meta.url), 'utf8');
  const pages = [...text.matchAll(/^### (\S+)\n\n\*(.+)\.\* ([^\n]+(?:\n(?!\n)[^\n]+)*)\n\n\*\*Mend:\*\* (\S.*)/gm)];
  t.strictSame(
    pages.map(([, id, title]) => `${id}: ${title}`),
    CHECKS.map(({ id, title }) => `${id}: ${title}`),
  );
  const areas = [...text.matchAll(/^## (.+)$|^### (\S+)$/gm)];
  let area = '';
  const found = areas.flatMap(([, heading, id]) => {
    area = heading?.toLowerCase() ?? area;
    return id ? [`${area}/${id}`] : [];
  });
  t.strictSame(
    found,
    CHECKS.map(({ id, area }) => `${area}/${id}`),
  );
});
