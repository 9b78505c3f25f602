import t from 'tap';
import { SetsUnderWay } from './sets-under-way.ts';

t.test('sets are done in the order in which they were asked, whatever the engine answers first', async (t) => {
  const sets = new SetsUnderWay();
  const done: number[] = [];
  const answers = [1, 2, 3].map(() => Promise.withResolvers<void>());
  const all = answers.map(({ promise }, i) => sets.add(promise, () => done.push(i)));
  for (const { resolve } of answers.toReversed()) resolve();
  await Promise.all(all);
  t.same(done, [0, 1, 2]);
});

t.test('who waits for those under way finds every one done, and none that began since', async (t) => {
  const sets = new SetsUnderWay();
  const record: string[] = [];
  const first = Promise.withResolvers<string>();
  const second = Promise.withResolvers<string>();
  const add = (answer: Promise<string>) => sets.add(answer, (value) => record.push(value));
  const all = [add(first.promise)];
  const seen = sets.whenNone(() => [...record]);
  all.push(add(second.promise));
  first.resolve('first');
  await Promise.all(all.slice(0, 1));
  second.resolve('second');
  t.same(await seen, ['first', 'second']);
  await Promise.all(all);
});

t.test('one that is refused holds nobody up', async (t) => {
  const sets = new SetsUnderWay();
  const refused = sets.add(Promise.reject(new Error('refused')), () => t.fail('it is not done'));
  const next = sets.add(Promise.resolve('value'), (value) => value);
  await t.rejects(refused, { message: 'refused' });
  t.equal(await next, 'value');
  t.equal(await sets.whenNone(() => 'now'), 'now');
});
