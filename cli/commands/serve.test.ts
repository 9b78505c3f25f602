import { once } from 'node:events';
import { createServer } from 'node:net';
import t from 'tap';
import { runCommand } from '../testing/run-command.ts';

t.test('a port that is taken is named, with what to do', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  t.teardown(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const run = await runCommand('serve', '--port', String(port), '--data', t.testdir({}));
  t.match(run, { code: 1, stderr: new RegExp(`^REQUEST_INVALID: .*127\\.0\\.0\\.1:${port}.*--port`, 'm') });
});
