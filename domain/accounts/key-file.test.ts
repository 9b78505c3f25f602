import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { keysInFile, signingKeysPath } from './key-file.ts';
import { SigningKeys } from './signing-keys.ts';

const folder = t.testdir();
function place(name: string): string {
  const data = join(folder, name);
  mkdirSync(data);
  return data;
}

t.test('keys are made once, for their owner alone, and no two domains have the same', async (t) => {
  const data = place('made');
  const first = new SigningKeys(keysInFile(data));
  t.ok(first.isNew);
  t.equal(statSync(signingKeysPath(data)).mode & 0o777, 0o600);
  chmodSync(signingKeysPath(data), 0o644);
  const again = new SigningKeys(keysInFile(data));
  t.notOk(again.isNew);
  t.same([again.domain, again.current.id], [first.domain, first.current.id]);
  t.equal(statSync(signingKeysPath(data)).mode & 0o777, 0o600, 'and put right');
  const other = new SigningKeys(keysInFile(place('other')));
  t.not(other.domain, first.domain);
  t.not(other.current.id, first.current.id);
});

t.test('a rotation by another process is seen while it runs', async (t) => {
  const data = place('rotated');
  const running = new SigningKeys(keysInFile(data));
  const before = running.current.id;
  const next = new SigningKeys(keysInFile(data)).rotate(Date.now(), 0);
  while (running.current.id === before) await sleep(20);
  t.equal(running.current.id, next);
  t.equal(running.find(before, Date.now()), undefined);
});

t.test('a damaged file is refused by name', async (t) => {
  const data = place('damaged');
  writeFileSync(signingKeysPath(data), '{"domain":');
  t.throws(() => new SigningKeys(keysInFile(data)), { code: 'CONFIG_INVALID', message: /signing-keys\.json/ });
});
