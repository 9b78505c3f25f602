import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { contentFolder } from './content-folder.ts';

async function* of(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text);
}
const hash = createHash('sha256').update('one two').digest('hex');

t.test('a content has its hash as its name, is there once, and is nobody else’s to read', async (t) => {
  const folder = join(t.testdir(), 'imported');
  const content = contentFolder(folder);
  const told: number[] = [];
  t.same(await content.take('job-1', of('one', ' two'), (bytes) => told.push(bytes)), { sha256: hash, bytes: 7 });
  t.same(told, [3, 7]);
  t.notOk(existsSync(content.pathOf(hash)), 'not before it is kept');
  await content.keep('job-1', hash);
  t.equal(readFileSync(content.pathOf(hash), 'utf8'), 'one two');
  t.equal(statSync(content.pathOf(hash)).mode & 0o077, 0);
  const { ino } = statSync(content.pathOf(hash));
  await content.keep('job-1', hash);
  await content.take('job-2', of('one two'), () => undefined);
  await content.keep('job-2', hash);
  t.equal(statSync(content.pathOf(hash)).ino, ino, 'the file that was there stays');
  t.same(readdirSync(join(folder, 'coming')), []);
  await content.remove(hash);
  await content.remove(hash);
  t.notOk(existsSync(content.pathOf(hash)));
  await t.rejects(content.keep('job-2', hash), { code: 'MEDIA_UNREADABLE' }, 'what was copied is gone');
});

t.test('what a crash left is swept away, what somebody has stays', async (t) => {
  const folder = join(t.testdir(), 'imported');
  const content = contentFolder(folder);
  await content.sweep(() => false);
  for (const [job, text] of [
    ['kept', 'one two'],
    ['lost', 'other'],
  ] as const) {
    const { sha256 } = await content.take(job, of(text), () => undefined);
    await content.keep(job, sha256);
  }
  await content.take('half', of('some'), () => undefined);
  writeFileSync(join(folder, 'note.txt'), 'not ours');
  await content.sweep((sha256) => sha256 === hash);
  t.same(readdirSync(folder).sort(), ['note.txt', ...readdirSync(folder).filter((name) => name.length === 2)].sort());
  t.ok(existsSync(content.pathOf(hash)));
  t.notOk(existsSync(content.pathOf(createHash('sha256').update('other').digest('hex'))));
});

t.test('a copy that fails says what the disk says, without a path', async (t) => {
  const file = join(t.testdir({ full: 'a file where a folder is wanted' }), 'full');
  await t.rejects(
    contentFolder(file).take('job', of('x'), () => undefined),
    {
      code: 'MEDIA_UNREADABLE',
      message: 'Cannot keep what job imports: the disk says ENOTDIR',
    },
  );
});
