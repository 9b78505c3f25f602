import t from 'tap';
import { threadId } from './priority.ts';
import { StuckJudge, threadCpuMs } from './stuck-judge.ts';

t.test('a thread is wedged when it used the time at one place', async (t) => {
  const judge = new StuckJudge(50);
  let cpu = 1000;
  const look = (place: string, now: number) => judge.isWedged(place, now, () => cpu);
  t.notOk(look('a', 0));
  t.notOk(look('a', 5), 'the first look at the same place only takes the time');
  cpu += 49;
  t.notOk(look('a', 60));
  cpu += 1;
  t.ok(look('a', 61));
  t.notOk(look('b', 62), 'it went on');
  t.notOk(look('b', 63));
  t.notOk(look('b', 100_000), 'it was not let run');
  cpu += 200;
  t.notOk(look('', 100_300), 'in no block');
  t.notOk(look('b', 100_301), 'at the place where it had been before, but in another visit');
  t.notOk(look('b', 100_302));
  judge.forget();
  cpu += 500;
  t.notOk(look('b', 100_400), 'another thread has its place');
});

t.test('where the system tells no CPU time the time that went by counts', async (t) => {
  const judge = new StuckJudge(50);
  const look = (now: number) => judge.isWedged('a', now, () => undefined);
  t.notOk(look(0));
  t.notOk(look(49));
  t.ok(look(50));
});

t.test('the CPU time of a thread is what it used', { skip: threadId() ? false : 'no /proc' }, async (t) => {
  const before = threadCpuMs(threadId())!;
  const own = process.threadCpuUsage();
  let used = 0;
  while (used < 300) {
    const { user, system } = process.threadCpuUsage(own);
    used = (user + system) / 1000;
  }
  const after = threadCpuMs(threadId())!;
  // 20: two steps of what the system counts in
  t.ok(Math.abs(after - before - used) <= 20, `${after - before} ms of ${used} ms`);
  t.equal(threadCpuMs(0x7fffffff), undefined);
});
