import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { SETTINGS } from '../../domain/config/settings.ts';
import { openSqliteStore } from '../../domain/store/sqlite-store.ts';
import t, { type Test } from 'tap';
import { CommandProcess } from '../testing/run-command.ts';

const command = new CommandProcess();
t.teardown(() => command.end());

/** A folder with a configuration and what it names. */
async function place(t: Test, config: string): Promise<string> {
  const folder = t.testdir({ 'audiocloud.yaml': config, songs: {}, data: {} });
  const store = openSqliteStore(join(folder, 'data', 'domain.db'));
  await store.put('task/a', { kept: true });
  await store.close();
  return folder;
}

t.test('check says of a good configuration what it found and what counts, without a secret', async (t) => {
  const folder = await place(
    t,
    'port: 0\ndata: data\nmedia: [songs]\ntracing:\n  endpoint: http://me:hidden@127.0.0.1:4318/v1/traces\n  headers: { authorization: hidden }\n',
  );
  const file = join(folder, 'audiocloud.yaml');
  const { code, stdout, stderr } = await command.run('domain', 'check', file);
  t.equal(code, 0, stdout + stderr);
  for (const line of [
    `ok    data: ${folder}/data can be written`,
    `ok    media[0]: ${folder}/songs can be read`,
    /^ok {4}plugins: packages that can be used: [1-9]/m,
    'ok    port: any free one is taken',
    /^ok {4}store: .*domain\.db opens: schema version 2, 1 entries$/m,
    'ok    tracing.endpoint: the packages',
    `port = 0  # ${file}:1:1`,
    'host = "127.0.0.1"  # default',
    'tracing.headers = "[redacted]"',
    'sampleRate = (not set)',
  ])
    t.ok(typeof line === 'string' ? stdout.includes(line) : line.test(stdout), String(line));
  t.notMatch(stdout, /hidden/);
  t.same(existsSync(join(folder, 'data', 'domain.lock')), false, 'nothing was started');

  const json = JSON.parse((await command.run('domain', 'check', file, '--json')).stdout);
  t.equal(json.ok, true);
  t.match(
    json.settings.find(({ key }: { key: string }) => key === 'port'),
    { value: 0, source: `${file}:1:1` },
  );
});

t.test(
  'check names a folder that is missing, a port that is taken, a plugin and a store that cannot be used',
  async (t) => {
    const other = createServer().listen(0, '127.0.0.1');
    t.teardown(() => other.close());
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const folder = await place(t, `port: ${port}\ndata: data\nmedia: [none]\nplugins: [songs]\n`);
    writeFileSync(join(folder, 'data', 'domain.db'), 'no database '.repeat(100));
    const { code, stdout } = await command.run('domain', 'check', join(folder, 'audiocloud.yaml'), '--json');
    t.equal(code, 1);
    const { ok, findings } = JSON.parse(stdout);
    t.equal(ok, false);
    t.same(
      findings.filter((one: { ok: boolean }) => !one.ok).map(({ key }: { key: string }) => key),
      ['media[0]', 'plugins[0]', 'port', 'store'],
    );
  },
);

t.test('check tells every problem of a file by its place', async (t) => {
  const folder = await place(t, 'prot: 7700\nlog: { level: loud }\n');
  const file = join(folder, 'audiocloud.yaml');
  const text = await command.run('domain', 'check', file);
  t.equal(text.code, 1);
  t.same(text.stdout.trimEnd().split('\n'), [
    `${file}:1:1: prot: there is no such key; did you mean port?`,
    `${file}:2:8: log.level: it is "loud", wanted one of trace, debug, info, warn, error, fatal, silent`,
  ]);
  const json = await command.run('domain', 'check', file, '--json');
  t.match(JSON.parse(json.stdout), { ok: false, error: { code: 'CONFIG_INVALID' } });
  t.match(await command.run('serve', '--config', file), { code: 1, stderr: /^CONFIG_INVALID: .*did you mean port/ });
});

t.test('backup and restore', async (t) => {
  const folder = await place(t, '');
  const data = join(folder, 'data');
  const file = join(folder, 'store.backup');
  const made = await command.run('domain', 'backup', file, '--data', data, '--json');
  t.match(JSON.parse(made.stdout), { file, entries: 1 });
  t.match(await command.run('domain', 'backup', file, '--data', data), { code: 1, stderr: /^BACKUP_INVALID: / });
  const restored = await command.run('domain', 'restore', file, '--data', data);
  t.match(restored, { code: 0, stdout: /^Restored 1 entries .*\nThe store before is .*before-restore/ });
  writeFileSync(file, readFileSync(file).subarray(0, 4096));
  t.match(await command.run('domain', 'restore', file, '--data', data), { code: 1, stderr: /^BACKUP_INVALID: / });
});

t.test('the help of each command has an example', async (t) => {
  for (const name of ['check', 'backup', 'restore'])
    t.match((await command.run('domain', name, '--help')).stdout, new RegExp(`Example:\\n  audiocloud domain ${name}`));
});

t.test('what docs/operations.md shows is so', async (t) => {
  const guide = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const [, yaml] = /```yaml\n([\s\S]*?)```/.exec(guide)!;
  const folder = await place(t, yaml!.replace('port: 7700', 'port: 0'));
  const lines = [...guide.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) => block!.trim().split('\n'));
  const [check, serve, ...more] = lines;
  t.match(serve, /^audiocloud serve --config audiocloud\.yaml$/);
  for (const line of [check!, ...more]) {
    const words = line.split(' ').map((word) => (/^\.\/|\.(yaml|backup)$/.test(word) ? join(folder, word) : word));
    const { code, stdout, stderr } = await command.run(...words.slice(1));
    t.equal(code, 0, `${line}: ${stdout}${stderr}`);
  }
  for (const { key } of SETTINGS) t.ok(guide.includes(`\`${key}\``), `${key} is in the guide`);
});
