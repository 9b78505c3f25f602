import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { InOrder } from './in-order.ts';

t.test('jobs of one key run one after the other, those of another key beside them', async (t) => {
  const order = new InOrder();
  const seen: string[] = [];
  const job = (name: string, ms: number) => async () => {
    await sleep(ms);
    seen.push(name);
    return name;
  };
  const slow = order.run('a', job('slow', 30));
  const quick = order.run('a', job('quick', 1));
  t.equal(await order.run('b', job('other', 1)), 'other');
  t.same(await Promise.all([slow, quick]), ['slow', 'quick']);
  t.same(seen, ['other', 'slow', 'quick']);
  t.equal(order.idle('a'), undefined, 'nothing is kept of what has ended');
});

t.test('a job that fails says so to its caller and lets the next one run', async (t) => {
  const order = new InOrder();
  const failing = order.run('a', async () => {
    await sleep(5);
    throw new Error('no');
  });
  const next = order.run('a', () => 'yes');
  await order.idle('a');
  await t.rejects(failing, { message: 'no' });
  t.equal(await next, 'yes');
  const thrown = order.run('a', () => {
    throw new Error('at once');
  });
  await t.rejects(thrown, { message: 'at once' });
  t.equal(order.idle('a'), undefined);
});
