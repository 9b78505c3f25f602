import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { assemble, watModel, watPlugin } from '../../engine/plugin/fixtures/wat-plugin.ts';
import { installPackage } from './install-package.ts';
import { packageFiles, packPackage } from './pack-package.ts';
import { publicKeyOf } from './signature.ts';
import { writeTar } from './tar.ts';

/* What goes through npm itself, which takes a second each time. Nothing is fetched from a registry. */
const folder = mkdtempSync(join(tmpdir(), 'audiocloud-npm-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const root = join(folder, 'plugins');
const source = join(folder, 'source');

/** A plugin package as its author has it. */
function writeSource(): void {
  mkdirSync(source, { recursive: true });
  const manifest = { kind: 'wasm', abi: '1.0', module: 'plugin.wasm', models: [watModel] };
  writeFileSync(join(source, 'audiocloud.json'), JSON.stringify(manifest));
  writeFileSync(join(source, 'plugin.wasm'), assemble(watPlugin()));
  writeFileSync(join(source, 'other.txt'), '');
  publish(['audiocloud.json', 'plugin.wasm']);
}

function publish(files: string[]): void {
  writeFileSync(
    join(source, 'package.json'),
    JSON.stringify({ name: '@acme/one', version: '1.0.0', keywords: ['audiocloud-plugin'], files }),
  );
}

writeSource();

t.test('a folder is packed with its integrity, signed, and installs', async (t) => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const [secret, open] = [join(folder, 'key.pem'), join(folder, 'key.pub.pem')];
  writeFileSync(secret, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(open, publicKey.export({ type: 'spki', format: 'pem' }));
  const packed = await packPackage(source, secret);
  t.strictSame((await packPackage(source, secret)).archive, packed.archive, 'the same files give the same bytes');
  t.equal(packed.file, 'acme-one-1.0.0.tgz');
  const files = packageFiles(packed.archive, packed.file);
  t.same(
    files.map(({ path }) => path),
    ['audiocloud.json', 'package.json', 'plugin.wasm'],
  );
  const manifest = JSON.parse(new TextDecoder().decode(files[0]!.bytes));
  t.match(manifest, { integrity: /^sha256-/, signature: { key: publicKeyOf(open) } });
  t.notOk(readFileSync(join(source, 'audiocloud.json'), 'utf8').includes('integrity'), 'the source stays as it was');
  const path = join(folder, packed.file);
  writeFileSync(path, packed.archive);
  const { entry } = await installPackage(root, path, { key: publicKeyOf(open) });
  t.equal(entry.folder, '@acme+one@1.0.0/node_modules/@acme/one');
  publish(['audiocloud.json']);
  await t.rejects(packPackage(source), { code: 'PLUGIN_PACKAGE', message: /plugin\.wasm is in the manifest/ });
  writeFileSync(join(source, 'package.json'), '{ "name": "x", "version": "1.0.0" }');
  await t.rejects(packPackage(source), { code: 'PLUGIN_PACKAGE', message: /keywords/ });
  writeSource();
});

t.test('an archive that unpacks to more than anybody needs is refused', async (t) => {
  const bomb = gzipSync(Buffer.alloc(257 << 20), { level: 1 });
  t.ok(bomb.length < 4 << 20, `${bomb.length} bytes`);
  t.throws(() => packageFiles(bomb, 'bomb.tgz'), { code: 'PLUGIN_PACKAGE', message: /at most 256 MiB/ });
});

t.test('a package comes from a folder, or by what npm calls it', async (t) => {
  const other = join(folder, 'other');
  t.match((await installPackage(other, source)).entry, { name: '@acme/one' });
  t.match((await installPackage(other, `file:${source}`)).entry, { name: '@acme/one' }, 'through npm');
  await t.rejects(installPackage(other, `file:${folder}/nowhere`), { code: 'PLUGIN_INSTALL', message: /npm says: / });
});

t.test('what a package depends on is installed with it, and no script of any runs', async (t) => {
  const dependency = join(folder, 'dependency');
  const mark = join(folder, 'a-script-ran');
  mkdirSync(dependency);
  const scripts = { install: `touch ${mark}`, preinstall: `touch ${mark}`, postinstall: `touch ${mark}` };
  writeFileSync(join(dependency, 'package.json'), JSON.stringify({ name: 'dependency', version: '1.0.0', scripts }));
  const json = { name: 'adapter-bus', version: '1.0.0', scripts, dependencies: { dependency: `file:${dependency}` } };
  const files = {
    'audiocloud.json': '{ "kind": "adapter", "adapter": "bus", "entry": "index.js", "carries": "stream" }',
    'package.json': JSON.stringify(json),
    'index.js': '',
    'simulator.js': '',
  };
  const path = join(folder, 'adapter.tgz');
  const packed = Object.entries(files).map(([name, text]) => ({
    path: `package/${name}`,
    bytes: new TextEncoder().encode(text),
    isExecutable: false,
  }));
  writeFileSync(path, writeTar(packed));
  const { entry } = await installPackage(root, path);
  t.ok(existsSync(join(root, entry.folder, '../dependency/package.json')));
  t.notOk(existsSync(mark));
});
