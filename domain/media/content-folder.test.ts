import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { contentFolder } from './content-folder.ts';

async function* of(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text);
}
/** As an engine that looked into it. */
const look = ({ peaksPath }: { peaksPath: string }) => writeFileSync(peaksPath, 'peaks');
const hash = createHash('sha256').update('one two').digest('hex');

t.test('a content has its hash as its name, is there once, and is nobody else’s to read', async (t) => {
  const folder = join(t.testdir(), 'imported');
  const content = contentFolder(folder);
  const told: number[] = [];
  t.same(await content.take('job-1', of('one', ' two'), (bytes) => told.push(bytes)), { sha256: hash, bytes: 7 });
  t.same(told, [3, 7]);
  t.notOk(existsSync(content.pathOf(hash)), 'not before it is kept');
  await t.rejects(content.keep('job-1', hash), { code: 'MEDIA_UNREADABLE' }, 'nor without peaks');
  t.notOk(existsSync(content.pathOf(hash)));
  look(content.asideOf('job-1'));
  await content.keep('job-1', hash);
  t.equal(readFileSync(content.peaksOf(hash), 'utf8'), 'peaks');
  t.equal(readFileSync(content.pathOf(hash), 'utf8'), 'one two');
  t.equal(statSync(content.pathOf(hash)).mode & 0o077, 0);
  const { ino } = statSync(content.pathOf(hash));
  await content.keep('job-1', hash);
  await content.take('job-2', of('one two'), () => undefined);
  await content.keep('job-2', hash);
  t.equal(statSync(content.pathOf(hash)).ino, ino, 'the file that was there stays, and needs no other peaks');
  t.same(readdirSync(join(folder, 'coming')), []);
  await content.remove(hash);
  await content.remove(hash);
  t.notOk(existsSync(content.pathOf(hash)));
  t.notOk(existsSync(content.peaksOf(hash)));
  await t.rejects(content.keep('job-2', hash), { code: 'MEDIA_UNREADABLE' }, 'what was copied is gone');
});

t.test('peaks that come later are kept; what a job leaves is dropped with what its decoder left', async (t) => {
  const folder = join(t.testdir(), 'imported');
  const content = contentFolder(folder);
  await content.sweep(() => false);
  look(content.asideOf('late'));
  const { sha256 } = await content.take('job', of('one two'), () => undefined);
  look(content.asideOf('job'));
  await content.keep('job', sha256);
  await content.keepPeaks('late', sha256);
  t.same(readdirSync(join(folder, 'coming')), []);
  await content.take('job-2', of('one two'), () => undefined);
  look(content.asideOf('job-2'));
  writeFileSync(`${content.asideOf('job-2').peaksPath}.part0`, '');
  await content.take('job-23', of('other'), () => undefined);
  await content.drop('job-2');
  t.same(readdirSync(join(folder, 'coming')), ['job-23']);
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
    look(content.asideOf(job));
    await content.keep(job, sha256);
  }
  look(content.asideOf('half'));
  await content.take('half', of('some'), () => undefined);
  writeFileSync(join(folder, 'note.txt'), 'not ours');
  await content.sweep((sha256) => sha256 === hash);
  t.same(
    readdirSync(folder).sort(),
    ['coming', 'note.txt', ...readdirSync(folder).filter((name) => name.length === 2)].sort(),
  );
  t.ok(existsSync(content.pathOf(hash)));
  t.ok(existsSync(content.peaksOf(hash)));
  const other = createHash('sha256').update('other').digest('hex');
  t.notOk(existsSync(content.pathOf(other)));
  t.notOk(existsSync(content.peaksOf(other)));
  t.same(readdirSync(join(folder, 'coming')), []);
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
