import { once } from 'node:events';
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { check, EngineCounters } from '@audiocloud/api';
import t from 'tap';
import { sharedTestDomain } from '../../domain/testing/test-domain.ts';
import { writeSine } from '../../domain/testing/write-sine.ts';
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

  await t.test('prints what came late from the disk', async (t) => {
    t.notMatch(
      (await command.run('top', '--once', '--url', domain.url)).stdout,
      / underruns/,
      'nothing is on the disk',
    );
    const song = join(domain.mediaDir, 'cli-long.wav');
    await writeSine(song, 60);
    const created = await domain.create('long', {
      sampleRate: 48000,
      media: { song: { path: 'cli-long.wav' } },
      tracks: { track: { channels: 1, clips: [{ media: 'song', startSeconds: 0 }] } },
      connections: { c: { from: { node: 'track' }, to: { node: 'out' } } },
      sinks: { out: { kind: 'stream', channels: 1 } },
    });
    t.equal(created.status, 201);
    // one that is cut short has nothing more to give
    truncateSync(song, 100_000);
    await domain.call('PATCH', '/v1/tasks/long/transport', { play: true, positionSeconds: 40 });
    const counted = async () => (await domain.call('GET', '/v1/engines/embedded/counters')).body.tasks.long?.disk;
    await until('an underrun and a seek wait', async () => {
      const disk = await counted();
      return disk?.underruns > 0 && disk.seekWaits > 0;
    });
    await domain.call('PATCH', '/v1/tasks/long/transport', { play: false });
    await until('nothing more comes late', async () => {
      const before = await counted();
      const { stdout } = await command.run('top', '--once', '--url', domain.url);
      const line = stdout.split('\n').find((text) => text.startsWith('  long (render'));
      t.match(stdout.split('\n')[0], /\| \d+\.\d MiB from the disk/);
      t.match(line, /\bdisk: [1-9]\d* underruns, [1-9]\d* seek waits$/);
      return line?.endsWith(`disk: ${before.underruns} underruns, ${before.seekWaits} seek waits`) ?? false;
    });
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
