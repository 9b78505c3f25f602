import { createHash, randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AudioCloudError } from '@audiocloud/api';
import t from 'tap';
import { seededRandom } from '../../engine/plugin/seeded-random.ts';
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

t.test('pieces of any size make the same file, also when a buffer comes again with something else in it', async (t) => {
  const content = contentFolder(join(t.testdir(), 'imported'));
  const random = seededRandom(11);
  const whole = randomBytes(3_000_000);
  const sha256 = createHash('sha256').update(whole).digest('hex');
  async function* pieces() {
    const room = Buffer.alloc(1_000_000);
    for (let at = 0; at < whole.length; ) {
      const length = Math.min(whole.length - at, Math.floor(random() ** 4 * room.length));
      whole.copy(room, 0, at, at + length);
      at += length;
      yield room.subarray(0, length);
      room.fill(0, 0, length);
    }
  }
  t.same(await content.take('job', pieces(), () => undefined), { sha256, bytes: whole.length });
  look(content.asideOf('job'));
  await content.keep('job', sha256);
  t.ok(readFileSync(content.pathOf(sha256)).equals(whole));
});

t.test('a copy goes on behind what stands of it, and not behind more than that', async (t) => {
  const folder = join(t.testdir(), 'imported');
  const content = contentFolder(folder);
  async function* cut() {
    yield Buffer.from('one');
    yield Buffer.from(' t');
    throw new AudioCloudError('MEDIA_UNREACHABLE', 'Cannot go on: cut');
  }
  let told = 0;
  const take = content.take('job', cut(), (bytes) => {
    told = bytes;
  });
  await t.rejects(take, { code: 'MEDIA_UNREACHABLE' });
  t.equal(told, 5);
  t.equal(readFileSync(join(folder, 'coming', 'job'), 'utf8'), 'one t', 'all that was told of is there');
  t.same(await content.take('job', of('wo'), () => undefined, { startBytes: 5 }), { sha256: hash, bytes: 7 });
  t.same(await content.take('job', of(' two'), () => undefined, { startBytes: 3 }), { sha256: hash, bytes: 7 });
  await t.rejects(
    content.take('job', of('x'), () => undefined, { startBytes: 8 }),
    { code: 'MEDIA_UNREADABLE' },
  );
  await t.rejects(
    content.take('none', of('x'), () => undefined, { startBytes: 1 }),
    { code: 'MEDIA_UNREADABLE' },
  );
});

t.test('a file that nobody writes any more is kept without a copy', async (t) => {
  const folder = join(t.testdir({ whole: 'one two' }), 'imported');
  const file = join(folder, '..', 'whole');
  const content = contentFolder(folder);
  const { ino } = statSync(file);
  for (let turn = 0; turn < 2; turn++)
    t.same(await content.take('job', of('one two'), () => undefined, { file }), { sha256: hash, bytes: 7 });
  look(content.asideOf('job'));
  await content.keep('job', hash);
  t.equal(statSync(content.pathOf(hash)).ino, ino);
  t.equal(readFileSync(file, 'utf8'), 'one two', 'it is where it was, too');
  await t.rejects(
    content.take('job', of(''), () => undefined, { file: `${file}-none` }),
    { code: 'MEDIA_UNREADABLE' },
  );
});

const MEBIBYTE = 2 ** 20;
const validator = '"one"';
const cut = new AudioCloudError('MEDIA_UNREACHABLE', 'Cannot go on: cut');
async function* cutBehind(bytes: Uint8Array) {
  yield bytes;
  throw cut;
}

t.test('what stands of a copy is known after a restart, and one that is not what was noted begins anew', async (t) => {
  const folder = join(t.testdir(), 'imported');
  const whole = randomBytes(1000);
  const sha256 = createHash('sha256').update(whole).digest('hex');
  const path = join(folder, 'coming', 'job');
  const first = contentFolder(folder);
  t.equal(await first.standing!('job'), undefined, 'there is nothing yet');
  const source = { validator, totalBytes: 1000 };
  const copy = () =>
    t.rejects(
      first.take('job', cutBehind(whole.subarray(0, 600)), () => undefined, source),
      cut,
    );
  const restarted = () => contentFolder(folder);

  await copy();
  const there = restarted();
  t.same(await there.noted!('job'), { ...source, bytes: 600, sha256: hashOf(whole.subarray(0, 600)) });
  t.same(await there.standing!('job'), { ...source, bytes: 600 });
  t.same(await there.standing!('job'), { ...source, bytes: 600 }, 'also when it is asked for again');
  const rest = async function* () {
    yield whole.subarray(600);
  };
  t.same(await there.take('job', rest(), () => undefined, { ...source, startBytes: 600 }), { sha256, bytes: 1000 });

  const lies: [what: string, change: () => void][] = [
    ['shorter than was noted', () => truncateSync(path, 599)],
    ['other bytes', () => writeFileSync(path, Buffer.alloc(600))],
    ['a note that is cut', () => writeFileSync(`${path}.standing`, '{"bytes":6')],
    ['a note of nothing', () => writeFileSync(`${path}.standing`, '{"bytes":0,"validator":"","sha256":""}')],
    ['no note', () => writeFileSync(`${path}.standing`, '')],
  ];
  for (const [what, change] of lies) {
    await copy();
    change();
    const content = restarted();
    t.equal(await content.standing!('job'), undefined, what);
    t.same(await content.take('job', cutOnce(whole), () => undefined, source), { sha256, bytes: 1000 }, what);
  }
  await copy();
  appendFileSync(path, 'more than was noted');
  const longer = restarted();
  t.match(await longer.standing!('job'), { bytes: 600 });
  t.same(await longer.take('job', rest(), () => undefined, { ...source, startBytes: 600 }), { sha256, bytes: 1000 });
  await copy();
  const shrunk = restarted();
  t.match(await shrunk.standing!('job'), { bytes: 600 });
  truncateSync(path, 500);
  await t.rejects(
    shrunk.take('job', rest(), () => undefined, { ...source, startBytes: 600 }),
    { code: 'MEDIA_UNREADABLE', message: /500 of 600 bytes/ },
    'also when it is made shorter after the look',
  );
});
async function* cutOnce(whole: Uint8Array) {
  yield whole;
}
const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

t.test('what comes is noted while it comes, and all of it when it is whole', async (t) => {
  const folder = join(t.testdir(), 'imported');
  const content = contentFolder(folder);
  const whole = randomBytes(2 * MEBIBYTE + 7);
  const sha256 = hashOf(whole);
  const seen: number[] = [];
  async function* slowly() {
    yield whole.subarray(0, MEBIBYTE + 5);
    // A second at most, however long the source pauses.
    while ((await content.noted!('job')) === undefined) await sleep(5);
    seen.push((await content.noted!('job'))!.bytes);
    yield whole.subarray(MEBIBYTE + 5);
  }
  t.same(await content.take('job', slowly(), () => undefined, { validator }), { sha256, bytes: whole.length });
  t.same(seen, [MEBIBYTE + 5]);
  const again = contentFolder(folder);
  t.same(await again.standing!('job'), { bytes: whole.length, totalBytes: whole.length, validator });
  const none = of();
  t.same(await again.take('job', none, () => undefined, { validator, startBytes: whole.length }), {
    sha256,
    bytes: whole.length,
  });
  await again.take('other', cutOnce(whole), () => undefined);
  t.equal(await again.noted!('other'), undefined, 'what its source does not name is not noted');
});

t.test('a start keeps what goes on, and removes it when the job has ended', async (t) => {
  const folder = join(t.testdir(), 'imported');
  const content = contentFolder(folder);
  const coming = () => readdirSync(join(folder, 'coming')).sort();
  for (const job of ['goes-on', 'ended', 'kept'])
    await t.rejects(
      content.take(job, cutBehind(Buffer.from('one')), () => undefined, { validator }),
      cut,
    );
  writeFileSync(join(folder, 'coming', 'goes-on.peaks'), 'half of them');
  writeFileSync(join(folder, 'coming', 'goes-on.standing.new'), '{');
  writeFileSync(join(folder, 'coming', 'alone.standing'), '{}');
  writeFileSync(join(folder, 'coming', 'unnoted'), 'one');
  await content.sweep(
    () => true,
    (job) => job !== 'ended',
  );
  t.same(coming(), ['goes-on', 'goes-on.standing', 'kept', 'kept.standing']);
  await content.drop('goes-on');
  t.same(coming(), ['kept', 'kept.standing']);
  await content.take('kept', of(' two'), () => undefined, { validator, startBytes: 3 });
  look(content.asideOf('kept'));
  await content.keep('kept', hash);
  t.same(coming(), []);
  await t.rejects(
    content.take('job', cutBehind(Buffer.from('one')), () => undefined, { validator }),
    cut,
  );
  await content.take('job', of('one'), () => undefined);
  t.equal(await content.noted!('job'), undefined, 'a try that begins anew forgets the note');
  await content.sweep(() => true);
  t.same(coming(), []);
});
