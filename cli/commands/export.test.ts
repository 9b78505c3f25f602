import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { sharedTestDomain, toneTask } from '../../domain/testing/test-domain.ts';
import { CommandProcess } from '../testing/run-command.ts';

const domain = await sharedTestDomain(t);

t.test('export', async (t) => {
  const command = new CommandProcess();
  t.teardown(() => command.end());
  const url = ['--url', domain.url];
  const folder = t.testdir();
  t.equal((await domain.create('cli-export', { ...toneTask, lengthSeconds: 0.25 })).status, 201);

  await t.test('makes files of a task, waits and fetches them', async (t) => {
    const out = join(folder, 'stems');
    const made = await command.run(
      'export',
      'cli-export',
      '--format',
      'flac',
      '--sink',
      'out',
      '--out',
      out,
      '--json',
      ...url,
    );
    t.equal(made.code, 0, made.stderr);
    const { out: path, frames, sha256, bytes, export: id } = JSON.parse(made.stdout);
    t.same([path, frames, statSync(path).size], [join(out, 'out.flac'), 12_000, bytes]);
    t.equal(createHash('sha256').update(readFileSync(path)).digest('hex'), sha256);
    t.same(readdirSync(out), ['out.flac'], 'nothing half');
    t.equal((await domain.call('DELETE', `/v1/exports/${id}`)).status, 200);
  });

  await t.test('what is refused is said, with what to do, and leaves no file', async (t) => {
    const out = join(folder, 'none');
    const refused = await command.run('export', 'no-task', '--out', out, ...url);
    t.match(refused, { code: 1, stdout: '', stderr: /Cannot find task no-task/ });
    const sink = await command.run('export', 'cli-export', '--sink', 'none', '--out', out, ...url);
    t.match(sink, { code: 1, stderr: /it has the sinks out, not 'none'/ });
    t.notOk(existsSync(out));
  });

  await t.test('without waiting it prints the id', async (t) => {
    const { code, stdout } = await command.run('export', 'cli-export', '--no-wait', ...url);
    t.equal(code, 0);
    const id = stdout.trim();
    while ((await domain.call('GET', `/v1/exports/${id}`)).body.state !== 'done');
    await domain.call('DELETE', `/v1/exports/${id}`);
  });
});
