import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { AudioCloudError } from '@audiocloud/api';
import { readInstalled, Registry } from '@audiocloud/engine';
import t from 'tap';
import { assemble, watModel, watPlugin } from '../../engine/plugin/fixtures/wat-plugin.ts';
import { seededRandom } from '../../engine/plugin/seeded-random.ts';
import { installPackage, removePackage } from './install-package.ts';
import { packageFiles } from './pack-package.ts';
import { shadowedModels } from './shadowed-models.ts';
import { publicKeyOf, signPackage } from './signature.ts';
import { readTar, type TarFile, writeTar } from './tar.ts';

const folder = mkdtempSync(join(tmpdir(), 'audiocloud-packages-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const root = join(folder, 'plugins');
const module = assemble(watPlugin());
const file = (path: string, content: string | Uint8Array): TarFile => ({
  path,
  bytes: typeof content === 'string' ? new TextEncoder().encode(content) : content,
  isExecutable: false,
});

interface Parts {
  name?: string;
  version?: string;
  manifest?: object;
  module?: Uint8Array;
  more?: TarFile[];
}

/** The files of a small plugin. */
function plugin({ name = 'one', version = '1.0.0', manifest = {}, more = [], ...rest }: Parts = {}): TarFile[] {
  const models = [{ ...watModel, version }];
  const whole = { kind: 'wasm', abi: '1.0', module: 'plugin.wasm', models, ...manifest };
  return [
    file('audiocloud.json', JSON.stringify(whole)),
    file('package.json', JSON.stringify({ name, version, keywords: ['audiocloud-plugin'] })),
    file('plugin.wasm', rest.module ?? module),
    ...more,
  ];
}

let archives = 0;
/** Written as npm packs it. */
function archive(files: readonly TarFile[]): string {
  const path = join(folder, `${archives++}.tgz`);
  writeFileSync(path, writeTar(files.map((one) => ({ ...one, path: `package/${one.path}` }))));
  return path;
}

function key(name: string): { secret: string; open: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const [secret, open] = [join(folder, `${name}.pem`), join(folder, `${name}.pub.pem`)];
  writeFileSync(secret, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(open, publicKey.export({ type: 'spki', format: 'pem' }));
  return { secret, open };
}

/** The files with a signature in their manifest. */
function signed(files: readonly TarFile[], { secret }: { secret: string }): TarFile[] {
  const read = (path: string) => JSON.parse(new TextDecoder().decode(files.find((one) => one.path === path)!.bytes));
  const manifest = read('audiocloud.json');
  const signature = signPackage(secret, read('package.json'), manifest, files);
  return [file('audiocloud.json', JSON.stringify({ ...manifest, signature })), ...files.slice(1)];
}

const models = () => Registry.open([root]).models.map(({ id, version }) => `${id}@${version}`);
const folders = () => readdirSync(root).filter((name) => !['installed.json', '.lock'].includes(name));

t.test('an archive comes back as it was packed, and the same files give the same bytes', async (t) => {
  const files = [
    file('package/a.txt', 'a'),
    {
      ...file(`package/${'long/'.repeat(20)}name-${'n'.repeat(80)}.bin`, new Uint8Array(1025).fill(7)),
      isExecutable: true,
    },
    file('package/empty', ''),
  ];
  const packed = writeTar(files);
  t.strictSame(readTar(packed, 'x'), files);
  t.strictSame(writeTar(files), packed);
  t.throws(() => writeTar([file('x'.repeat(300), '')]), { code: 'PLUGIN_PACKAGE' });
});

t.test('an archive that leads out of itself, or is damaged, is refused by name', async (t) => {
  const whole = writeTar([file('package/a', 'abc')]);
  const changed = (change: (tar: Buffer) => void) => {
    const head = Buffer.alloc(2048);
    head.write('package/a', 0);
    head.write('0000644\0', 100);
    head.write('00000000003\0', 124);
    head.write('0', 156);
    change(head);
    head.fill(' ', 148, 156);
    const sum = head.subarray(0, 512).reduce((a, b) => a + b, 0);
    head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return gzipSync(head);
  };
  t.equal(
    readTar(
      changed(() => {}),
      'x',
    ).length,
    1,
    'the unchanged one is taken',
  );
  const bad: [string, Uint8Array, RegExp][] = [
    ['a path above', writeTar([file('package/../../up', '')]), /package\/\.\.\/\.\.\/up leads out/],
    ['an absolute path', writeTar([file('/etc/x', '')]), /\/etc\/x leads out/],
    ['a path of Windows', writeTar([file('package\\..\\..\\x', '')]), /leads out/],
    ['a drive', writeTar([file('C:/x', '')]), /leads out/],
    ['a link', changed((tar) => tar.write('2', 156)), /package\/a is a link/],
    ['a hard link', changed((tar) => tar.write('1', 156)), /is a link/],
    ['a device', changed((tar) => tar.write('3', 156)), /is a link or a device/],
    ['a size beyond its end', changed((tar) => tar.write('00000777777\0', 124)), /ends in the middle/],
    ['a size that is none', changed((tar) => tar.write('zzzzzzzzzzz\0', 124)), /ends in the middle|damaged/],
    ['half of it', whole.slice(0, whole.length / 2), /no gzip file/],
    ['no archive', new TextEncoder().encode('hello'), /no gzip file/],
    ['damaged bytes', gzipSync(new Uint8Array(2048).fill(65)), /damaged/],
  ];
  for (const [name, bytes, message] of bad)
    t.throws(() => readTar(bytes, 'x.tgz'), { code: 'PLUGIN_PACKAGE', message }, name);
});

t.test('archives with random damage are read or refused, and no path leads out', async (t) => {
  const whole = gunzipSync(writeTar(plugin().map((one) => ({ ...one, path: `package/${one.path}` }))));
  const counts = { read: 0, refused: 0 };
  for (let seed = 1; seed <= 600; seed++) {
    const random = seededRandom(seed);
    const tar = Uint8Array.from(whole);
    // most of it in the headers, whose sums are made good again, or nothing behind them would be reached
    for (let i = 0; i < 1 + (seed % 4); i++) {
      const head = 512 * Math.floor((random() * tar.length) / 512);
      tar[head + Math.floor(random() * 345)] = Math.floor(random() * 256);
      tar.fill(32, head + 148, head + 156);
      const sum = tar.subarray(head, head + 512).reduce((a, b) => a + b, 0);
      tar.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), head + 148);
    }
    const packed = gzipSync(seed % 5 ? tar : tar.subarray(0, random() * tar.length), { level: 1 });
    try {
      const files = packageFiles(packed, 'x.tgz');
      if (files.some(({ path }) => path.split('/').includes('..') || path.startsWith('/'))) t.fail(`seed ${seed}`);
      counts.read += 1;
    } catch (error) {
      if ((error as AudioCloudError).code !== 'PLUGIN_PACKAGE') t.fail(`seed ${seed}: ${(error as Error).stack}`);
      counts.refused += 1;
    }
  }
  t.ok(counts.read > 50 && counts.refused > 50, JSON.stringify(counts));
});

t.test('a package is installed, listed, replaced by another version or kept beside it, and removed', async (t) => {
  const { facts } = await installPackage(root, archive(plugin()));
  t.match(facts, { name: 'one', version: '1.0.0', kind: 'wasm', models: [{ id: watModel.id }] });
  t.same(models(), [`${watModel.id}@1.0.0`]);
  const stock = JSON.parse(readFileSync(join(import.meta.dirname, '../../plugins/audiocloud.json'), 'utf8')).models[0]
    .id;
  t.same([...shadowedModels(root, 'two', [watModel.id, stock, 'acme:new'])].sort(), [
    [stock, 'the stock package'],
    [watModel.id, 'one'],
  ]);
  t.same([...shadowedModels(root, 'one', [watModel.id])], [], 'its own versions are no others');
  await installPackage(root, archive(plugin({ version: '1.1.0' })));
  t.same(models(), [`${watModel.id}@1.1.0`]);
  t.equal(folders().length, 1, 'the version before is gone');
  await installPackage(root, archive(plugin({ version: '2.0.0' })), { keep: true });
  await installPackage(root, archive(plugin({ version: '2.0.0' })), { keep: true });
  t.same(models(), [`${watModel.id}@2.0.0`, `${watModel.id}@1.1.0`], 'the newest first');
  t.throws(() => removePackage(root, 'other'), { code: 'PLUGIN_MISSING', message: /one@1\.1\.0, one@2\.0\.0/ });
  removePackage(root, 'one', '2.0.0');
  t.same(models(), [`${watModel.id}@1.1.0`]);
  removePackage(root, 'one');
  t.same(models(), []);
  t.same(folders(), [], 'nothing stays');
});

t.test('processes that install at the same time lose nothing', async (t) => {
  const entry = fileURLToPath(new URL('./install-package.ts', import.meta.url));
  const shared = join(folder, 'at-once');
  const names = ['first', 'second', 'third'];
  const ended = names.map(async (name) => {
    const model = { ...watModel, id: `test:${name}` };
    const packed = archive(plugin({ name, manifest: { models: [model] } }));
    const script = `import { installPackage } from ${JSON.stringify(entry)}; await installPackage(${JSON.stringify(shared)}, ${JSON.stringify(packed)});`;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const [code] = await once(child, 'exit');
    return code;
  });
  t.same(await Promise.all(ended), [0, 0, 0]);
  t.same(
    readInstalled(shared)
      .packages.map(({ name }) => name)
      .sort(),
    names,
  );
});

t.test('what is wrong is refused by its own name, and leaves nothing behind', async (t) => {
  await installPackage(root, archive(plugin({ name: 'good' })));
  const before = readFileSync(join(root, 'installed.json'), 'utf8');
  const integrity = `sha256-${'A'.repeat(43)}=`;
  const cases: [string, Parts, { code: string; message?: RegExp }][] = [
    ['a wrong hash', { manifest: { integrity } }, { code: 'PLUGIN_INTEGRITY', message: /plugin\.wasm is sha256-/ }],
    [
      'a module outside',
      { manifest: { module: '../../secret.wasm' } },
      { code: 'PLUGIN_MANIFEST', message: /leads out/ },
    ],
    ['a model outside', { manifest: { models: ['../model.json'] } }, { code: 'PLUGIN_MANIFEST', message: /leads out/ }],
    ['a module that is not there', { manifest: { module: 'other.wasm' } }, { code: 'PLUGIN_MISSING' }],
    ['random bytes', { module: new Uint8Array(100).fill(3) }, { code: 'PLUGIN_RULES' }],
    ['another ABI', { manifest: { abi: '2.0' } }, { code: 'PLUGIN_ABI' }],
    ['an unknown kind', { manifest: { kind: 'vst' } }, { code: 'PLUGIN_MANIFEST' }],
    ['a name that leads out', { name: '../up' }, { code: 'PLUGIN_PACKAGE', message: /\.\.\/up/ }],
    ['a version that leads out', { version: '1.0.0/../..' }, { code: 'PLUGIN_PACKAGE' }],
  ];
  for (const [name, parts, error] of cases) await t.rejects(installPackage(root, archive(plugin(parts))), error, name);
  const none = archive([file('package.json', '{"name":"x","version":"1.0.0"}')]);
  await t.rejects(installPackage(root, none), { code: 'PLUGIN_PACKAGE', message: /no audiocloud\.json/ });
  await t.rejects(installPackage(root, './nowhere.tgz'), { code: 'PLUGIN_MISSING' });
  t.equal(readFileSync(join(root, 'installed.json'), 'utf8'), before);
  t.equal(folders().length, 1);
  removePackage(root, 'good');
});

t.test('a signature holds for every byte, and a package stays in the hand that signed it', async (t) => {
  const [one, two] = [key('one'), key('two')];
  const files = signed(plugin({ more: [file('notes.txt', 'as signed')] }), one);
  const text = (path: string) => new TextDecoder().decode(files.find((entry) => entry.path === path)!.bytes);
  const instead = (path: string, content: string) =>
    archive(files.map((entry) => (entry.path === path ? file(path, content) : entry)));
  const wrong = { code: 'PLUGIN_SIGNATURE', message: /not of these files/ };
  await t.rejects(installPackage(root, instead('notes.txt', 'as signee')), wrong, 'another byte in a file');
  await t.rejects(installPackage(root, archive([...files, file('x', '')])), wrong, 'a file more');
  await t.rejects(installPackage(root, archive(files.slice(0, -1))), wrong, 'a file less');
  const manifest = text('audiocloud.json').replace(watModel.name, 'Another');
  await t.rejects(installPackage(root, instead('audiocloud.json', manifest)), wrong, 'another manifest');
  const other = JSON.parse(text('audiocloud.json'));
  other.signature.key = publicKeyOf(two.open);
  await t.rejects(installPackage(root, instead('audiocloud.json', JSON.stringify(other))), wrong, 'another key');
  t.notOk(existsSync(join(root, 'one@1.0.0')));

  await t.rejects(installPackage(root, archive(files), { key: publicKeyOf(two.open) }), {
    code: 'PLUGIN_SIGNATURE',
    message: /is signed with .*, wanted/,
  });
  const { entry } = await installPackage(root, archive(files), { key: publicKeyOf(one.open) });
  t.equal(entry.key, publicKeyOf(one.secret), 'a private key holds its public one');
  const later = plugin({ version: '1.0.1' });
  for (const [what, next] of [
    ['not signed', later],
    ['signed by another', signed(later, two)],
  ] as const)
    await t.rejects(
      installPackage(root, archive(next)),
      { code: 'PLUGIN_SIGNATURE', message: /version 1\.0\.0 with/ },
      what,
    );
  await installPackage(root, archive(signed(later, one)));
  await installPackage(root, archive(signed(plugin({ version: '1.0.2' }), two)), { key: publicKeyOf(two.open) });
  t.equal(readInstalled(root).packages[0]!.key, publicKeyOf(two.open), 'a new key that was asked for');
  removePackage(root, 'one');
  writeFileSync(
    join(folder, 'rsa.pem'),
    generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
  );
  t.throws(() => publicKeyOf(join(folder, 'rsa.pem')), { code: 'PLUGIN_SIGNATURE', message: /rsa, wanted ed25519/ });
  t.throws(() => publicKeyOf(join(folder, 'none.pem')), { code: 'PLUGIN_SIGNATURE', message: /openssl genpkey/ });
});

t.test('devices and adapters are packages like others', async (t) => {
  const tree = join(import.meta.dirname, '../../plugins');
  const packageOf = (path: string, names: string[], manifest?: string) =>
    names.map((name) =>
      file(name, manifest && name === 'audiocloud.json' ? manifest : readFileSync(join(tree, path, name))),
    );
  const device = packageOf('devices/generic-line-preamp', [
    'audiocloud.json',
    'package.json',
    'model.yaml',
    'driver.yaml',
    'simulator.ts',
    'device.ts',
  ]);
  await t.rejects(installPackage(root, archive(device)), {
    code: 'PLUGIN_PACKAGE',
    message:
      /Cannot install .*: simulator\.ts is TypeScript, .*; compile it, and name simulator\.js in audiocloud\.json/,
  });
  device[0] = file(
    'audiocloud.json',
    new TextDecoder().decode(device[0]!.bytes).replace('simulator.ts', 'simulator.js'),
  );
  device.push(file('simulator.js', ''));
  const { facts } = await installPackage(root, archive(device));
  t.match(facts, { kind: 'device', models: [{ id: 'generic:line-preamp' }] });
  const driver = new TextDecoder()
    .decode(device[3]!.bytes)
    .replace('model: generic:line-preamp', 'model: generic:other');
  await t.rejects(installPackage(root, archive(device.with(3, file('driver.yaml', driver)))), {
    code: 'DRIVER_INVALID',
  });
  const adapter = [
    file('audiocloud.json', '{ "kind": "adapter", "adapter": "bus", "entry": "index.js", "carries": "stream" }'),
    file('package.json', '{ "name": "@acme/adapter-bus", "version": "1.0.0" }'),
    file('index.js', 'throw new Error("nobody runs this");'),
  ];
  await t.rejects(installPackage(root, archive(adapter)), { code: 'PLUGIN_MANIFEST', message: /simulator\.js/ });
  const { entry } = await installPackage(root, archive([...adapter, file('simulator.js', '')]));
  t.match(entry, { name: '@acme/adapter-bus', kind: 'adapter' });
  t.equal(readInstalled(root).packages.length, 2);
  for (const { name } of readInstalled(root).packages) removePackage(root, name);
});
