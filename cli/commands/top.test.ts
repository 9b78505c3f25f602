import { once } from 'node:events';
import { check, EngineCounters } from '@audiocloud/api';
import t from 'tap';
import { sharedTestDomain } from '../../domain/testing/test-domain.ts';
import { until } from '../../test/until.ts';
import { CommandProcess, RunningCommand } from '../testing/run-command.ts';

const domain = await sharedTestDomain(t, 'sounding');

t.test('top', async (t) => {
  const command = new CommandProcess();
  t.teardown(() => command.end());
  t.equal((await domain.call('PATCH', '/v1/tasks/sounding/transport', { play: true })).status, 200);
  // an engine counts once a second
  await until('the engine counts the task', async () => {
    const { body } = await domain.call('GET', '/v1/engines/embedded/counters');
    return 'sounding' in (body.tasks ?? {});
  });

  await t.test('prints threads and tasks of a running domain', async (t) => {
    const { code, stdout, stderr } = await command.run('top', '--once', '--url', domain.url);
    t.equal(code, 0, stderr);
    const lines = stdout.trimEnd().split('\n');
    t.match(lines[0], /^engine embedded \| paced 48000 Hz, blocks of 128 \| scheduling (fifo|nice|none) \| \d+ blocks/);
    t.match(lines[1], /load +peak +claim +block p50/);
    t.ok(
      lines.some((line) =>
        /^render 0 +\d+\.\d % +\d+\.\d % +\d+\.\d % +[\d.]+ \/ [\d.]+ \/ [\d.]+ \/ [\d.]+ +\d+/.test(line),
      ),
    );
    t.ok(
      lines.some((line) => /^ {2}sounding \(render \d\)/.test(line)),
      stdout,
    );
  });

  await t.test('prints the same as JSON', async (t) => {
    const { code, stdout } = await command.run('top', '--once', '--json', '--url', domain.url);
    t.equal(code, 0);
    const { engine, counters } = JSON.parse(stdout);
    t.equal(engine, 'embedded');
    t.ok('sounding' in check(EngineCounters, counters, 'counters', 'MESSAGE_INVALID').tasks);
  });

  await t.test('ends quietly when who reads it goes away', async (t) => {
    const { child, finished } = new RunningCommand(['top', '--json', '--url', domain.url]);
    await once(child.stdout!, 'data');
    child.stdout!.destroy();
    t.match(await finished, { code: 0, stderr: '' });
  });

  await t.test('says that no domain answers', async (t) => {
    const { code, stderr } = await command.run('top', '--once', '--url', 'http://127.0.0.1:9');
    t.equal(code, 1);
    t.match(stderr, /^CONNECTION_LOST: /);
  });
});
