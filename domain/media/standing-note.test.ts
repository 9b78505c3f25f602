import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { notedAt, StandingNote } from './standing-note.ts';

const validator = '"one"';
const bytes = randomBytes(2000);
const written = () => ({ bytes: bytes.length, hash: createHash('sha256').update(bytes) });
const none = () => ({ bytes: 0, hash: createHash('sha256') });

t.test('what cannot be noted is copied without, what did not reach the disk is an error', async (t) => {
  const folder = t.testdir();
  const copy = await open(join(folder, 'copy'), 'w');
  t.teardown(() => copy.close());
  let now = none;
  const about = { validator, totalBytes: undefined };
  const noted = new StandingNote(copy, join(folder, 'copy.standing'), about, () => now());
  const nowhere = new StandingNote(copy, join(folder, 'none', 'copy.standing'), about, () => now());
  const sick = { datasync: () => Promise.reject(new Error('EIO')) } as unknown as FileHandle;
  const lost = new StandingNote(sick, join(folder, 'lost.standing'), about, () => now());
  now = written;
  await noted.end(false);
  t.same(await notedAt(join(folder, 'copy.standing')), {
    bytes: bytes.length,
    validator,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  });
  await nowhere.end(false);
  t.notOk(existsSync(join(folder, 'none')));
  await t.rejects(lost.end(false), { message: 'EIO' });
  t.same(readdirSync(folder).sort(), ['copy', 'copy.standing'], 'of what did not reach the disk nothing is noted');
});

t.test('a copy to which nothing came, and a small one that is whole, are not noted', async (t) => {
  const folder = t.testdir();
  const copy = await open(join(folder, 'copy'), 'w');
  t.teardown(() => copy.close());
  const about = { validator, totalBytes: 2000 };
  await new StandingNote(copy, join(folder, 'copy.standing'), about, none).end(false);
  let now = none;
  const small = new StandingNote(copy, join(folder, 'copy.standing'), about, () => now());
  now = written;
  await small.end(true);
  t.same(readdirSync(folder), ['copy']);
});
