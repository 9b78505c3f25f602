import t from 'tap';
import { EventLog } from './event-log.ts';

const edited = (revision: number) => ({ type: 'edited' as const, revision, edits: [] });

t.test('events are numbered without gaps and can be read again', async (t) => {
  const log = new EventLog(5_000);
  t.same(log.after(5_000), []);
  for (let i = 1; i <= 5; i++) t.equal(log.add(edited(i)).sequence, 5_000 + i);
  t.same(
    log.after(5_003)?.map((event) => event.sequence),
    [5_004, 5_005],
  );
  t.equal(log.after(5_000)?.length, 5);
  t.same(log.after(5_005), []);
});

t.test('numbers that are not of this log are told from those that are', async (t) => {
  const log = new EventLog(5_000);
  log.add(edited(1));
  t.equal(log.after(4_999), undefined);
  t.equal(log.after(5_002), undefined);
});

t.test('the last 1,000 events are kept', async (t) => {
  const log = new EventLog(0);
  for (let i = 0; i < 1_500; i++) log.add(edited(i));
  t.equal(log.after(500)?.length, 1_000);
  t.equal(log.after(500)?.[0]?.sequence, 501);
  t.equal(log.after(499), undefined);
});

t.test('nothing before a cut is sent again', async (t) => {
  const log = new EventLog(0);
  log.add(edited(1));
  t.equal(log.cut(), 2);
  t.equal(log.after(1), undefined);
  t.same(log.after(2), []);
  log.add(edited(2));
  t.equal(log.after(2)?.length, 1);
});
