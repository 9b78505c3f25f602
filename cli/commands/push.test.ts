import { join } from 'node:path';
import { createWavWriter } from '@audiocloud/engine';
import t from 'tap';
import { sharedTestDomain } from '../../domain/testing/test-domain.ts';
import { writeSine } from '../../domain/testing/write-sine.ts';
import { CommandProcess } from '../testing/run-command.ts';

const domain = await sharedTestDomain(t);

t.test('push: a file goes into a track of a running task, and the report says what was taken', async (t) => {
  const command = new CommandProcess();
  t.teardown(() => command.end());
  const file = join(domain.mediaDir, 'pushed.wav');
  await writeSine(file, 0.6);
  await domain.create('cli-push', {
    sampleRate: 48000,
    tracks: { voice: { channels: 1, clips: [], source: { kind: 'push' } }, plain: { channels: 1, clips: [] } },
    connections: { a: { from: { node: 'voice' }, to: { node: 'out' } } },
    sinks: { out: { kind: 'stream', channels: 1 } },
  });
  await domain.call('PATCH', '/v1/tasks/cli-push/transport', { play: true });
  const pushed = await command.run('push', 'cli-push', 'voice', file, '--repeat', '2', '--json', '--url', domain.url);
  t.equal(pushed.code, 0, pushed.stderr);
  t.match(JSON.parse(pushed.stdout), { packets: 120, lost: 0, refused: 0, leftOut: 0 });
  // 1000 s of it: the first report ends it
  const stereo = join(domain.mediaDir, 'stereo.wav');
  const writer = await createWavWriter(stereo, { sampleRate: 48_000, channels: 2, bits: '16' });
  await writer.write([new Float32Array(48_000), new Float32Array(48_000)], 48_000);
  await writer.close();
  const wide = await command.run('push', 'cli-push', 'voice', stereo, '--repeat', '1000', '--url', domain.url);
  t.match(wide, {
    code: 1,
    stdout: '',
    stderr: /Cannot push .*stereo\.wav into 'voice': .*it has 2 channels, the track 1/,
  });
  const away = await command.run('push', 'cli-push', 'voice', file, '--url', 'http://127.0.0.1:1');
  t.match(away, { code: 1, stdout: '', stderr: /^CONNECTION_LOST: .*127\.0\.0\.1:1/ });
  const refused = await command.run('push', 'cli-push', 'plain', file, '--url', domain.url);
  t.match(refused, { code: 1, stdout: '', stderr: /Cannot push into 'plain'/ });
});
