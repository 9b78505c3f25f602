import { join } from 'node:path';
import t from 'tap';
import { listenUnix } from './unix-server.ts';

t.test('a path that no Unix socket can have is refused', async (t) => {
  const path = join(t.testdir(), 'x'.repeat(120));
  const bytes = Buffer.byteLength(path);
  const message = `Cannot use the socket ${path}: its path has ${bytes} bytes, at most 107 are possible; use a data folder with a shorter path`;
  await t.rejects(
    listenUnix(path, () => {}),
    { code: 'CONFIG_INVALID', message },
  );
});
