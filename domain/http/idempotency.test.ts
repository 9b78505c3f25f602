import t, { type Test } from 'tap';
import { VirtualClock } from '../clock/virtual-clock.ts';
import type { Cause } from '../events/cause.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { Idempotency, KEPT_MS } from './idempotency.ts';

function open(t: Test) {
  const store = openSqliteStore(':memory:');
  t.teardown(() => store.close());
  const clock = new VirtualClock(Date.UTC(2030, 0, 1));
  const make = () => new Idempotency(store, clock);
  /** Counts, in the transaction of the receipt, and answers with the count. */
  const count = async (cause: Cause) => {
    const value = ((await store.get<number>('count'))?.value ?? 0) + 1;
    await store.write([{ key: 'count', value }, ...cause.receipt({ count: value })]);
    return { count: value };
  };
  const rows = async () => (await store.list('receipt')).length;
  return { store, clock, make, count, rows };
}
let lastId = 0;
const request = (key?: string, more: object = {}) =>
  ({
    id: `request-${++lastId}`,
    method: 'POST',
    principal: { application: 'main' },
    url: '/v1/things',
    headers: key === undefined ? {} : { 'idempotency-key': key },
    body: { a: 1 },
    ...more,
  }) as never;

t.test('without a key every request counts', async (t) => {
  const { make, count, rows } = open(t);
  const idempotency = make();
  t.same(await idempotency.once(request(), count), { count: 1 });
  t.same(await idempotency.once(request(), count), { count: 2 });
  t.equal(await rows(), 0);
});

t.test('with a key the answer comes again, also from another process', async (t) => {
  const { make, count } = open(t);
  t.same(await make().once(request('k'), count), { count: 1 });
  t.same(await make().once(request('k'), count), { count: 1 });
  t.same(await make().once(request('other'), count), { count: 2 });
});

t.test('of many at once one counts, and all have its answer', async (t) => {
  const { make, count } = open(t);
  const idempotency = make();
  const answers = await Promise.all(Array.from({ length: 20 }, () => idempotency.once(request('k'), count)));
  t.same(new Set(answers.map(({ count }) => count)), new Set([1]));
});

t.test('a key with another request is refused, while the first runs and afterwards', async (t) => {
  const { make, count } = open(t);
  const idempotency = make();
  const running = idempotency.once(request('k'), count);
  const others = [{ body: { a: 2 } }, { url: '/v1/others' }, { method: 'PUT' }];
  for (const other of others)
    await t.rejects(idempotency.once(request('k', other), count), { code: 'IDEMPOTENCY_KEY_USED' });
  await running;
  for (const other of others)
    await t.rejects(make().once(request('k', other), count), { code: 'IDEMPOTENCY_KEY_USED' });
  const conditional = { headers: { 'idempotency-key': 'k', 'if-match': '"3"' } };
  await t.rejects(make().once(request('k', conditional), count), { code: 'IDEMPOTENCY_KEY_USED' });
  t.same(await make().once(request('last'), count), { count: 2 });
});

t.test('a refusal is no effect: the same request may be tried again', async (t) => {
  const { make, count } = open(t);
  const fail = async () => {
    throw new Error('no');
  };
  await t.rejects(make().once(request('k'), fail), /no/);
  t.same(await make().once(request('k'), count), { count: 1 });
});

t.test('an effect outside of the store has its receipt afterwards', async (t) => {
  const { make } = open(t);
  let sent = 0;
  const send = async () => {
    sent++;
  };
  await make().once(request('k'), send);
  t.equal(await make().once(request('k'), send), null);
  t.equal(sent, 1);
});

t.test('a request of two changes that was cut between them goes on with the second', async (t) => {
  const { make, store } = open(t);
  const seen: boolean[] = [];
  const work = async (cause: Cause) => {
    seen.push(cause.isFirstPartDone);
    if (!cause.isFirstPartDone) await store.write([{ key: 'first', value: 1, expected: 0 }, ...cause.firstPart()]);
    if (seen.length === 1) throw new Error('killed');
    await store.write([{ key: 'second', value: 1, expected: 0 }, ...cause.receipt('done')]);
    return 'done';
  };
  await t.rejects(make().once(request('k'), work), /killed/);
  await t.rejects(make().once(request('k', { body: {} }), work), { code: 'IDEMPOTENCY_KEY_USED' });
  t.equal(await make().once(request('k'), work), 'done');
  t.equal(await make().once(request('k'), work), 'done');
  t.same(seen, [false, true]);
});

t.test('an answer comes again as it was, whether it is stored as it is or made smaller', async (t) => {
  const { make, store } = open(t);
  const answers = [{ short: 'ä' }, { long: 'ä'.repeat(2_000) }, [1], 'text', 7, null];
  for (const [i, answer] of answers.entries()) {
    t.same(await make().once(request(`k${i}`), async () => answer), answer);
    t.same(await make().once(request(`k${i}`), async () => 'another'), answer, 'from the store');
  }
  const kept = await store.list<{ answer: string }>('receipt/');
  const sizes = kept.map(({ value }) => value.answer.length);
  t.ok(Math.max(...sizes) < 200, `what is long is stored in ${Math.max(...sizes)} characters`);
  t.ok(
    kept.some(({ value }) => value.answer === '{"short":"ä"}'),
    'what is short is stored as it is',
  );
});

t.test('answers are kept for a day, and forgotten then', async (t) => {
  const { make, count, clock, rows } = open(t);
  const idempotency = make();
  for (let i = 0; i < 250; i++) await idempotency.once(request(`k${i}`), count);
  clock.advance(KEPT_MS - 1);
  await idempotency.forget();
  t.same(await idempotency.once(request('k7'), count), { count: 8 });
  t.equal(await rows(), 500);
  clock.advance(1);
  t.same(await idempotency.once(request('k7'), count), { count: 251 }, 'its time is over, swept or not');
  await idempotency.forget();
  t.equal(await rows(), 2, 'only the younger one is left');
  t.same(await idempotency.once(request('k7'), count), { count: 251 });
});
