import t from 'tap';
import { EngineOrder } from './engine-order.ts';

t.test('sets are done in the order in which they were asked, whatever the engine answers first', async (t) => {
  const order = new EngineOrder();
  const done: number[] = [];
  const answers = [1, 2, 3].map(() => Promise.withResolvers<void>());
  const all = answers.map(({ promise }, i) => order.add(promise, () => done.push(i)));
  for (const { resolve } of answers.toReversed()) resolve();
  await Promise.all(all);
  t.same(done, [0, 1, 2]);
});

t.test('who waits for those under way finds every one done, and none that began since', async (t) => {
  const order = new EngineOrder();
  const record: string[] = [];
  const first = Promise.withResolvers<string>();
  const second = Promise.withResolvers<string>();
  const add = (answer: Promise<string>) => order.add(answer, (value) => record.push(value));
  const all = [add(first.promise)];
  const seen = order.whenNone(() => [...record]);
  all.push(add(second.promise));
  first.resolve('first');
  await Promise.all(all.slice(0, 1));
  second.resolve('second');
  t.same(await seen, ['first', 'second']);
  await Promise.all(all);
});

t.test('one that is refused holds nobody up', async (t) => {
  const order = new EngineOrder();
  const refused = order.add(Promise.reject(new Error('refused')), () => t.fail('it is not done'));
  const next = order.add(Promise.resolve('value'), (value) => value);
  await t.rejects(refused, { message: 'refused' });
  t.equal(await next, 'value');
  t.equal(await order.whenNone(() => 'now'), 'now');
});

t.test('what takes its time to be done holds those behind, also one that fails', async (t) => {
  const order = new EngineOrder();
  const record: string[] = [];
  const stored = Promise.withResolvers<void>();
  const edit = order.add(Promise.resolve('edit'), async (name) => {
    await stored.promise.finally(() => record.push(name));
  });
  const set = order.add(Promise.resolve('set'), (name) => record.push(name));
  const seen = order.whenNone(() => [...record]);
  stored.reject(new Error('the disk is full'));
  await t.rejects(edit, { message: 'the disk is full' });
  await set;
  t.same(await seen, ['edit', 'set']);
});
