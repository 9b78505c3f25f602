import fc from 'fast-check';
import t from 'tap';
import { DeviceQueue, type Pushed, type PushOptions } from './device-queue.ts';
import { SteppedClock, settle } from './testing/stepped-clock.ts';

/** A device that takes each write when it is told to. */
function slowDevice(gapMs?: number) {
  const clock = new SteppedClock();
  const written: number[] = [];
  const open: PromiseWithResolvers<Error | undefined>[] = [];
  const failures: string[] = [];
  const queue = new DeviceQueue<number>({
    write: (items) => {
      written.push(...items);
      open.push(Promise.withResolvers());
      return open.at(-1)!.promise;
    },
    onFailure: (error) => failures.push(error.message),
    clock,
    gapMs,
  });
  return { queue, written, open, failures, clock };
}

t.test('one write at a time; of what waits the last of each key, in the order of asking; each is told', async (t) => {
  const { queue, written, open } = slowDevice();
  const told: string[] = [];
  const push = (key: string, value: number) =>
    queue.push(key, value).then(({ outcome }) => told.push(`${key}${value} ${outcome}`));
  const all = Promise.all([push('a', 1), push('a', 2), push('b', 3), push('a', 4), push('c', 5)]);
  t.same(written, [1]);
  open[0]!.resolve(undefined);
  await settle();
  t.same(written, [1, 3]);
  t.same(told, ['a2 replaced', 'a1 sent'], 'what was passed over is told at once');
  open[1]!.resolve(undefined);
  await settle();
  t.same(written, [1, 3, 4]);
  open[2]!.resolve(undefined);
  await settle();
  open[3]!.resolve(undefined);
  await all;
  t.same(written, [1, 3, 4, 5]);
  t.same(told.slice(2), ['b3 sent', 'a4 sent', 'c5 sent']);
});

t.test('keys that are set faster than they can be written all have their turn', async (t) => {
  const { queue, written, open } = slowDevice();
  const push = (key: string, value: number) => void queue.push(key, value);
  push('x', 0);
  for (let round = 1; round <= 40; round++) {
    for (const [i, key] of ['a', 'b', 'c'].entries()) push(key, 10 * round + i);
    open.at(-1)!.resolve(undefined);
    await settle();
  }
  for (const [i, key] of ['a', 'b', 'c'].entries()) {
    const own = written.slice(1).filter((value) => value % 10 === i);
    t.ok(own.length >= 40 / (2 * 4), `${key}: ${own}`);
  }
  t.same(
    written,
    written.toSorted((one, other) => one - other),
    'and nothing is reordered',
  );
});

t.test('a failed write ends the queue: all that waits is refused with the cause', async (t) => {
  const { queue, written, open, failures } = slowDevice();
  const refused = ['a', 'b', 'c'].map((key, i) => t.rejects(queue.push(key, i), { message: 'cable cut' }));
  open[0]!.reject(new Error('cable cut'));
  await Promise.all(refused);
  await t.rejects(queue.push('d', 9), { message: 'cable cut' });
  t.same(written, [0]);
  t.same(failures, ['cable cut']);
});

t.test('a refused item fails alone; the queue goes on', async (t) => {
  const { queue, written, open, failures } = slowDevice();
  const refused = t.rejects(queue.push('a', 1), { message: 'not that' });
  const next = queue.push('b', 2);
  open[0]!.resolve(new Error('not that'));
  await refused;
  open[1]!.resolve(undefined);
  await next;
  t.same(written, [1, 2]);
  t.same(failures, []);
});

t.test('items of one group that stand beside each other are one write', async (t) => {
  const { queue, written, open } = slowDevice();
  const push = (key: string, value: number, group?: string) => queue.push(key, value, { group });
  const all = [push('a', 1), push('b', 2, 'page'), push('c', 3, 'page'), push('d', 4), push('e', 5, 'page')];
  for (const writes of [[1], [1, 2, 3], [1, 2, 3, 4], [1, 2, 3, 4, 5]]) {
    t.same(written, writes);
    open.at(-1)!.resolve(undefined);
    await settle();
  }
  t.same(await Promise.all(all.map(async (one) => (await one).outcome)), Array(5).fill('sent'));
});

t.test('gaps of the device and of a key hold, and what stands behind waits too', async (t) => {
  const { queue, written, open, clock } = slowDevice(10);
  const sent: string[] = [];
  const push = (key: string, value: number, gapMs?: number) =>
    void queue.push(key, value, { gapMs }).then(
      (pushed) => sent.push(`${value} ${'atMs' in pushed && pushed.atMs}`),
      (error: Error) => sent.push(`${value} ${error.message}`),
    );
  const answer = async () => {
    open.at(-1)!.resolve(undefined);
    await settle();
  };
  push('a', 1, 50);
  await answer();
  push('a', 2, 50);
  push('b', 3);
  await clock.advance(49);
  t.same(written, [1]);
  await clock.advance(1);
  await answer();
  await clock.advance(10);
  await answer();
  t.same(sent, ['1 0', '2 50', '3 60']);
  push('a', 4, 50);
  push('b', 5);
  push('a', 6, 50);
  await clock.advance(10);
  await answer();
  t.same(written, [1, 2, 3, 5], 'a newer value goes to its own place, and holds up nobody before that');
  queue.end(new Error('the test is over'));
  await settle();
  t.match(sent, ['1 0', '2 50', '3 60', '4 false', '5 70', '6 the test is over']);
  t.ok(clock.isIdle, 'nothing waits any more');
});

type Act =
  | { kind: 'push'; key: number; gapMs: number | undefined; isOfPage: boolean }
  | { kind: 'go'; ms: number }
  | { kind: 'answer'; isRefused: boolean };

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('push' as const),
      key: fc.nat(4),
      gapMs: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
      isOfPage: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('go' as const), ms: fc.nat(30) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('answer' as const), isRefused: fc.boolean() }) },
);

t.test('whatever is asked when: nothing is reordered, nothing is lost, no gap is broken', async (t) => {
  const property = fc.asyncProperty(fc.array(act, { maxLength: 60 }), fc.nat(20), async (acts, gapMs) => {
    const clock = new SteppedClock();
    const asked: { key: number; gapMs: number | undefined }[] = [];
    const told: (Pushed | Error | undefined)[] = [];
    const writes: { atMs: number; items: readonly number[] }[] = [];
    let open: PromiseWithResolvers<Error | undefined> | undefined;
    const queue = new DeviceQueue<number>({
      write: (items) => {
        if (open) throw new Error('two writes at a time');
        writes.push({ atMs: clock.now(), items });
        open = Promise.withResolvers();
        return open.promise;
      },
      onFailure: (error) => {
        throw error;
      },
      clock,
      gapMs,
    });
    const answer = (error?: Error) => {
      const { resolve } = open ?? { resolve: () => {} };
      open = undefined;
      resolve(error);
    };
    for (const one of acts) {
      if (one.kind === 'push') {
        const id = asked.push(one) - 1;
        const options: PushOptions = { gapMs: one.gapMs, group: one.isOfPage ? 'page' : undefined };
        queue.push(`${one.key}`, id, options).then(
          (pushed) => (told[id] = pushed),
          (error: Error) => (told[id] = error),
        );
      } else if (one.kind === 'go') await clock.advance(one.ms);
      else answer(one.isRefused ? new Error('refused') : undefined);
      await settle();
    }
    for (let left = 0; left < asked.length + 1; left++) {
      await clock.advance(50);
      answer();
    }
    await settle();
    const order = writes.flatMap(({ items }) => items);
    // Written in the order of asking.
    if (order.some((id, i) => i > 0 && id <= order[i - 1]!)) throw new Error(`reordered: ${order}`);
    for (const [id, { key }] of asked.entries()) {
      const isWritten = order.includes(id);
      const pushed = told[id];
      if (pushed === undefined) throw new Error(`${id} was never told`);
      // Told as written (or refused) exactly when it was; else a newer value of its key was asked for.
      if ((pushed instanceof Error || pushed.outcome === 'sent') !== isWritten) throw new Error(`${id} was told wrong`);
      if (!isWritten && !asked.some((later, i) => i > id && later.key === key)) throw new Error(`${id} was lost`);
    }
    for (const [i, { atMs, items }] of writes.entries()) {
      if (i > 0 && atMs - writes[i - 1]!.atMs < gapMs) throw new Error('the gap of the device was broken');
      for (const id of items) {
        const own = asked[id]!;
        const before = writes.findLast(
          (write, j) => j < i && write.items.some((other) => asked[other]!.key === own.key),
        );
        if (before && atMs - before.atMs < (own.gapMs ?? 0)) throw new Error(`the gap of ${own.key} was broken`);
      }
    }
  });
  await t.resolves(fc.assert(property, { numRuns: 300 }));
});
