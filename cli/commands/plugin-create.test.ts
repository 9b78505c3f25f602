import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, checkModel, PluginManifest } from '@audiocloud/api';
import { checkPackage } from '@audiocloud/engine';
import t from 'tap';
import { CommandProcess } from '../testing/run-command.ts';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'audiocloud-create-'));
const command = new CommandProcess();
t.teardown(async () => {
  await command.end();
  rmSync(folder, { recursive: true });
});
const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

t.test('a plugin is made in each language, with its own names and none of the template', async (t) => {
  const versions = read(join(root, 'package.json')).devDependencies;
  for (const [language, kind] of [
    ['assemblyscript', 'effect'],
    ['assemblyscript', 'instrument'],
    ['c', 'effect'],
  ] as const) {
    const plugin = kind === 'effect' ? `warm-${language}` : 'warm-keys';
    const made = join(folder, plugin);
    const { code, stdout, stderr } = await command.run(
      'plugin',
      'create',
      made,
      '--language',
      language,
      '--kind',
      kind,
      '--maker',
      'me',
      '--json',
    );
    t.equal(code, 0, stderr);
    const { model, files } = JSON.parse(stdout);
    t.equal(model, `me:${plugin}`);
    t.ok(files.includes('.gitignore') && files.includes('README.md'), files.join());
    const text = files.map((file: string) => readFileSync(join(made, file), 'utf8')).join('\n');
    t.notMatch(text, /plugin-name|maker-name|PluginName|Plugin Title|sdk-version/);
    const manifest = check(PluginManifest, read(join(made, 'audiocloud.json')), 'manifest', 'PLUGIN_MANIFEST');
    if (manifest.kind !== 'wasm') throw new Error('the template is no wasm plugin');
    const { id, category } = checkModel(manifest.models[0]);
    t.equal(id, model);
    t.equal(category === 'instrument', kind === 'instrument');
    const { devDependencies, name } = read(join(made, 'package.json'));
    t.equal(name, plugin);
    t.equal(devDependencies['@audiocloud/dsp'], read(join(root, 'dsp/package.json')).version);
    t.equal(devDependencies.assemblyscript, language === 'c' ? undefined : versions.assemblyscript, 'as our own');
  }
});

t.test('an adapter and a device are made, and pass their checks', async (t) => {
  const make = async (name: string, kind: string, ...more: string[]) => {
    const made = join(folder, 'fixed', name);
    const { code, stdout, stderr } = await command.run('plugin', 'create', made, '--kind', kind, '--json', ...more);
    t.equal(code, 0, stderr);
    const told = JSON.parse(stdout);
    const text = told.files.map((file: string) => readFileSync(join(made, file), 'utf8')).join('\n');
    t.notMatch(text, /plugin-name|maker-name|PluginName|Plugin Title|sdk-version/);
    const { models } = await checkPackage(made);
    for (const { name, result, detail } of models[0]!.checks)
      t.ok(result === 'passed' || name === 'integrity', `${kind}: ${name}: ${result}: ${detail}`);
    return told;
  };
  t.equal((await make('warm-bus', 'adapter')).adapter, 'warm-bus');
  t.equal((await make('warm-preamp', 'device', '--maker', 'me')).model, 'me:warm-preamp');
});

t.test('a name that is none, and a folder with something in it, are refused', async (t) => {
  const refused = async (...args: string[]) =>
    JSON.parse((await command.run('plugin', 'create', ...args, '--json')).stderr).error;
  t.match(await refused(join(folder, 'Große')), { code: 'ID_INVALID', message: /'Große'/ });
  t.match(await refused(join(folder, 'fine'), '--maker', 'a b'), { code: 'ID_INVALID', message: /'a b'/ });
  writeFileSync(join(folder, 'here'), '');
  t.match(await refused(folder.toLowerCase() === folder ? folder : join(folder, 'warm-c')), { message: /not empty/ });
  t.match(await refused(join(folder, 'keys'), '--language', 'c', '--kind', 'instrument'), { message: /c-sine-keys/ });
  t.match(await refused(join(folder, 'bus'), '--kind', 'adapter', '--language', 'c'), {
    message: /leave out --language/,
  });
  t.same(readdirSync(folder).sort(), ['fixed', 'here', 'warm-assemblyscript', 'warm-c', 'warm-keys']);
  t.equal((await command.run('plugin', 'create', join(folder, 'x1'), '--language', 'cobol')).code, 2);
});
