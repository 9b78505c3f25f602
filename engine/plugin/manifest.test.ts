import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AudioCloudError } from '@audiocloud/api';
import t from 'tap';
import { assemble, watModel, watPlugin } from './fixtures/wat-plugin.ts';
import { ABI_CONSTANTS } from './abi-constants.ts';
import { loadPlugin } from './load-plugin.ts';

const WASM = assemble(watPlugin());

/** A package folder with these files; `audiocloud.json` may be an object. */
function packageWith(t: { teardown(run: () => void): unknown }, files: Record<string, unknown>): string {
  const folder = mkdtempSync(join(tmpdir(), 'audiocloud-package-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(
      join(folder, path),
      content instanceof Uint8Array || typeof content === 'string' ? content : JSON.stringify(content),
    );
  }
  return folder;
}

const manifest = (more: object = {}) => ({
  kind: 'wasm',
  abi: '1.0',
  module: 'plugin.wasm',
  models: [watModel],
  ...more,
});

function refusal(folder: string): { code: string; message: string } {
  try {
    loadPlugin(folder);
  } catch (error) {
    if (error instanceof AudioCloudError) return { code: error.code, message: error.message };
    throw error;
  }
  return { code: 'accepted', message: '' };
}

t.test('a package is loaded with its name, models and module, and compiled once', async (t) => {
  const files = {
    'audiocloud.json': manifest(),
    'plugin.wasm': WASM,
    'package.json': { name: '@test/through', version: '1.2.3' },
  };
  const plugin = loadPlugin(packageWith(t, files));
  t.match(plugin, { name: '@test/through', version: '1.2.3', models: [{ id: 'test:through' }] });
  t.strictSame(plugin.module.memory, { initialPages: 2, maximumPages: 64 });
  t.equal(plugin.module.hasMany, true);
  t.equal(plugin.module.hasStackPointer, false);
  const again = loadPlugin(packageWith(t, { ...files, 'package.json': { name: '@test/other', version: '2.0.0' } }));
  t.equal(again.module, plugin.module, 'the same bytes are one module');
  t.equal(again.name, '@test/other');
});

t.test('a model may be a file of the package', async (t) => {
  const folder = packageWith(t, {
    'audiocloud.json': manifest({ models: ['models/through.json'] }),
    'models/through.json': watModel,
    'plugin.wasm': WASM,
  });
  t.strictSame(loadPlugin(folder).models, [watModel]);
});

t.test('integrity is checked', async (t) => {
  const { hash } = loadPlugin(packageWith(t, { 'audiocloud.json': manifest(), 'plugin.wasm': WASM }));
  const withHash = (bytes: Uint8Array) =>
    refusal(packageWith(t, { 'audiocloud.json': manifest({ integrity: `sha256-${hash}` }), 'plugin.wasm': bytes }));
  t.equal(withHash(WASM).code, 'accepted');
  const other = WASM.slice();
  other[other.length - 2]! ^= 1;
  t.equal(withHash(other).code, 'PLUGIN_INTEGRITY');
});

t.test('what is wrong with a package is named', async (t) => {
  const cases: [name: string, files: Record<string, unknown>, code: string, says: RegExp][] = [
    ['no manifest', { 'plugin.wasm': WASM }, 'PLUGIN_MISSING', /audiocloud.json/],
    ['not JSON', { 'audiocloud.json': '{' }, 'PLUGIN_MANIFEST', /not JSON/],
    ['not a manifest', { 'audiocloud.json': { kind: 'wasm' } }, 'PLUGIN_MANIFEST', /audiocloud.json/],
    [
      'another kind',
      { 'audiocloud.json': { kind: 'adapter', adapter: 'midi', entry: 'x.js', carries: 'midi' } },
      'PLUGIN_MANIFEST',
      /adapter, wanted wasm/,
    ],
    ['another ABI', { 'audiocloud.json': manifest({ abi: '2.0' }), 'plugin.wasm': WASM }, 'PLUGIN_ABI', /2\.0/],
    ['a newer ABI', { 'audiocloud.json': manifest({ abi: '1.1' }), 'plugin.wasm': WASM }, 'PLUGIN_ABI', /1\.1/],
    ['no module', { 'audiocloud.json': manifest() }, 'PLUGIN_MISSING', /plugin.wasm; build/],
    ['a module that is text', { 'audiocloud.json': manifest(), 'plugin.wasm': 'text' }, 'PLUGIN_RULES', /valid-wasm/],
    ['no model file', { 'audiocloud.json': manifest({ models: ['gone.json'] }) }, 'PLUGIN_MISSING', /gone.json/],
    [
      'a model twice',
      { 'audiocloud.json': manifest({ models: [watModel, watModel] }), 'plugin.wasm': WASM },
      'PLUGIN_MANIFEST',
      /twice/,
    ],
    [
      'a model that is not sound',
      {
        'audiocloud.json': manifest({ models: ['m.json'] }),
        'm.json': { ...watModel, parameters: [{ ...watModel.parameters[0], default: 9 }] },
      },
      'MODEL_INVALID',
      /x: default/,
    ],
    [
      'slots that the module does not know',
      {
        'audiocloud.json': manifest({
          models: [{ ...watModel, mediaSlots: [{ id: 'sample', name: 'Sample', maxSeconds: 1, maxChannels: 1 }] }],
        }),
        'plugin.wasm': WASM,
      },
      'PLUGIN_MANIFEST',
      /test:through has media slots.*ac_media/,
    ],
    ['a module outside', { 'audiocloud.json': manifest({ module: '../plugin.wasm' }) }, 'PLUGIN_MANIFEST', /leads out/],
    [
      'a model outside',
      { 'audiocloud.json': manifest({ models: ['a/../../m.json'] }) },
      'PLUGIN_MANIFEST',
      /leads out/,
    ],
    ['an absolute path', { 'audiocloud.json': manifest({ module: '/etc/passwd' }) }, 'PLUGIN_MANIFEST', /leads out/],
  ];
  for (const [name, files, code, says] of cases) {
    const { code: found, message } = refusal(packageWith(t, files));
    t.equal(found, code, name);
    t.match(message, says, name);
  }
  t.equal(refusal('/nowhere/at/all').code, 'PLUGIN_MISSING');
  const linked = packageWith(t, { 'audiocloud.json': manifest({ module: 'link.wasm' }) });
  symlinkSync('/etc/hostname', join(linked, 'link.wasm'));
  t.match(refusal(linked), { code: 'PLUGIN_MANIFEST', message: /link out/ });
});

t.test('constants of the ABI are compared', async (t) => {
  const refused = (more: string, abi?: string) =>
    refusal(
      packageWith(t, {
        'audiocloud.json': manifest(),
        'plugin.wasm': assemble(watPlugin({ more, ...(abi ? { abi } : {}) })),
      }),
    );
  t.equal(refused('(global (export "ac_status_sleep") i32 (i32.const 4))').code, 'accepted');
  t.equal(refused('(func (export "ac_layout_size") (result i32) (i32.const 96))').code, 'accepted', 'as C gives it');
  t.match(refused('(global (export "ac_status_sleep") i32 (i32.const 5))'), {
    code: 'PLUGIN_ABI',
    message: /ac_status_sleep is 5, wanted 4/,
  });
  t.match(refused('(func (export "ac_event_size") (result i32) (i32.const 25))'), {
    code: 'PLUGIN_ABI',
    message: /ac_event_size is 25, wanted 24/,
  });
  t.match(refused('', '(global (export "ac_abi") i32 (i32.const 0x20000))'), {
    code: 'PLUGIN_ABI',
    message: /2\.0, this engine 1\.0/,
  });
  // dsp/abi.as.ts says the same in AssemblyScript: the text is compared, so that neither side is changed alone
  const text = readFileSync(new URL('../../dsp/abi.as.ts', import.meta.url), 'utf8');
  const theirs = Object.fromEntries(
    [...text.matchAll(/^export const (ac_\w+): i32 = (\S+);/gm)].map(([, name, value]) => [name, Number(value)]),
  );
  for (const [name, value] of Object.entries(ABI_CONSTANTS)) t.equal(theirs[name], value, name);
});
