import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { EXCEPTIONS, installedByUsers, isAllowed, licencesDocument, type Lock, readLock, refused } from './licences.ts';

const packages = installedByUsers(readLock());
const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

t.test('what users install has licences that allow it', async (t) => {
  t.same(refused(packages), [], 'choose another package, or say in scripts/licences.ts why it may be used');
  t.ok(packages.length > 100, `${packages.length} packages`);
  for (const name of ['fastify', 'typebox', 'commander', 'react', 'node-web-audio-api'])
    t.ok(
      packages.some((one) => one.name === name),
      `${name} is among them`,
    );
  t.notOk(
    packages.some(({ name }) => name === 'tap' || name === 'vite'),
    'what only we use is not',
  );
  for (const name of Object.keys(EXCEPTIONS))
    t.ok(
      packages.some((one) => one.name === name),
      `${name} is still used`,
    );
});

t.test('the lock says of packages what they say themselves', async (t) => {
  for (const { name, version, licence } of packages) {
    const path = `node_modules/${name}/package.json`;
    if (!existsSync(new URL(`../${path}`, import.meta.url))) continue; // of another system
    const own = JSON.parse(read(path)) as { version: string; license?: string };
    if (own.version === version) t.equal(own.license, licence, name);
  }
});

t.test('the list of licences is made from the lock: node scripts/licences.ts', async (t) => {
  t.equal(read('docs/licences.md'), licencesDocument(packages));
});

t.test('expressions', async (t) => {
  const cases: [string, boolean][] = [
    ['MIT', true],
    ['GPL-3.0-only', false],
    ['(MIT OR GPL-3.0-only)', true],
    ['MIT AND GPL-3.0-only', false],
    ['MIT AND (GPL-3.0-only OR ISC)', true],
    ['SEE LICENSE IN LICENSE', false],
    ['UNLICENSED', false],
    ['none', false],
    ['', false],
    ['(MIT', false],
    ['MIT ISC', false],
  ];
  for (const [expression, is] of cases) t.equal(isAllowed(expression), is, expression);
});

t.test('dependencies are found as Node finds them, and a wrong licence deep inside is caught', async (t) => {
  const lock: Lock = {
    packages: {
      '': {},
      'node_modules/@ours/a': { link: true, resolved: 'a' },
      a: { dependencies: { b: '1', own: '1' }, optionalDependencies: { other: '1' } },
      'a/node_modules/own': { version: '2', license: 'MIT' },
      'node_modules/own': { version: '1', license: 'GPL-3.0-only' },
      'node_modules/b': {
        version: '1',
        license: 'ISC',
        dependencies: { c: '1' },
        peerDependencies: { p: '1', q: '1' },
        peerDependenciesMeta: { q: { optional: true } },
      },
      'node_modules/b/node_modules/c': { version: '3', license: 'AGPL-3.0-only' },
      'node_modules/c': { version: '1', license: 'MIT' },
      'node_modules/p': { version: '1' },
      'node_modules/q': { version: '1', license: 'GPL-3.0-only' },
      'node_modules/tool': { version: '1', license: 'GPL-3.0-only' },
    },
  };
  const found = installedByUsers(lock, ['c']);
  t.same(
    found.map(({ name, version }) => `${name}@${version}`),
    ['b@1', 'c@1', 'c@3', 'own@2', 'p@1'],
  );
  t.same(
    refused(found).map(({ name, licence }) => `${name} ${licence}`),
    ['c AGPL-3.0-only', 'p none'],
  );
  delete lock.packages['node_modules/c'];
  t.throws(() => installedByUsers(lock, ['c']), /Cannot find c/);
});
