import { join } from 'node:path';
import t from 'tap';
import { listenUnix } from './unix-server.ts';

t.test('a path that no Unix socket can have is refused', async (t) => {
  const path = join(t.testdir(), 'x'.repeat(120));
  await t.rejects(
    listenUnix(path, () => {}),
    { code: 'REQUEST_INVALID' },
  );
});
