import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AudioCloudError } from '@audiocloud/api';
import t from 'tap';
import { InspectPool } from './inspect-pool.ts';
import { flac, fmt, riff, chunk } from './testing/file-bytes.ts';
import { HOSTILE_FILES } from './testing/hostile-files.ts';

t.setTimeout(120_000);

const pool = new InspectPool();
t.teardown(() => pool.close());
const dir = t.testdir();
const put = (name: string, bytes: Uint8Array) => {
  const path = join(dir, name.replaceAll(' ', '-'));
  writeFileSync(path, bytes);
  return path;
};

t.test('hostile files are refused, each for its reason, by one process', async (t) => {
  t.ok(HOSTILE_FILES.length > 60);
  const extensions = ['wav', 'mp3', 'flac', 'ogg', 'aiff', 'm4a']; // they say nothing
  for (const [i, [name, bytes, code, message]] of HOSTILE_FILES.entries()) {
    const path = put(`${name}.${extensions[i % extensions.length]}`, bytes);
    const found = await pool.inspect({ path, peaksPath: `${path}.peaks` }).catch((error: unknown) => error);
    if (!(found instanceof AudioCloudError)) t.fail(`${name}: taken for ${JSON.stringify(found)}`);
    else {
      t.equal(found.code, code, `${name}: ${found.message}`);
      t.match(found.message, message, name);
      t.notMatch(found.message, /broke down/, name);
    }
  }
});

t.test('what is no file is refused, and does not hold anybody up', async (t) => {
  const folder = join(dir, 'folder');
  mkdirSync(folder);
  const fifo = join(dir, 'fifo');
  execFileSync('mkfifo', [fifo]);
  for (const path of [folder, fifo, '/dev/zero', '/dev/full'])
    await t.rejects(pool.inspect({ path }), { code: 'MEDIA_UNSUPPORTED', message: /is not a file/ }, path);
  await t.rejects(pool.inspect({ path: join(dir, 'nothing') }), { code: 'MEDIA_MISSING' });
});

t.test('the content says what a file is, not its name', async (t) => {
  const wav = riff(fmt(), chunk('data', Buffer.alloc(64, 1)));
  t.match(await pool.inspect({ path: put('sound.mp3', wav) }), { container: 'wav', frames: 32 });
  t.match(await pool.inspect({ path: put('sound.wav', flac({ frames: 65535 })) }), {
    container: 'flac',
    frames: 65535,
  });
  t.match(await pool.inspect({ path: put('-rf.zip', wav) }), { container: 'wav' });
});
