import type { Delivery, Value } from '@audiocloud/api';
import fc from 'fast-check';
import t from 'tap';
import { DeviceQueue } from './device-queue.ts';
import { SteppedClock, settle } from './testing/stepped-clock.ts';
import { ValueDelivery } from './value-delivery.ts';

interface Asked {
  bytes(): Value | 'ask';
}

/** A device with one value. It says what it has when it is asked, or 5 ms after a write, and swallows what it is told to. */
function device(delivery: Delivery, swallows = 0) {
  const clock = new SteppedClock();
  const written: (readonly [atMs: number, value: Value | 'ask'])[] = [];
  let has: Value = 0;
  const queue = new DeviceQueue<Asked>({
    write: async (items) => {
      const bytes = items.map((item) => item.bytes()).at(-1)!;
      written.push([clock.now(), bytes]);
      if (bytes !== 'ask' && swallows-- <= 0) has = bytes;
      if (bytes === 'ask' || !delivery.readBack?.ask) clock.after(5, () => value.heard(has));
      return undefined;
    },
    onFailure: (error) => t.fail(error.message),
    clock,
  });
  const bytesOf = (bytes: Value | 'ask', begun: () => void) => ({
    bytes: () => {
      begun();
      return bytes;
    },
  });
  const value = new ValueDelivery({
    name: 'gain of acme:box:one',
    delivery,
    clock,
    push: (next, begun) => queue.push('value', bytesOf(next, begun), { gapMs: delivery.gapMs }),
    ...(delivery.readBack?.ask ? { ask: (begun) => queue.push('ask', bytesOf('ask', begun)) } : {}),
  });
  value.sentFirst(has, Number.NEGATIVE_INFINITY);
  return { value, written, clock, end: () => value.end(new Error('unplugged')) };
}

t.test('a ramp arrives as its steps at its rate, and its end value always', async (t) => {
  const box = device({ ramp: { step: 4, everyMs: 20 } });
  const set = box.value.set(10);
  await box.clock.advance(100);
  t.equal(await set, 'sent');
  t.same(box.written, [
    [0, 4],
    [20, 8],
    [40, 10],
  ]);
  const down = box.value.set(-2);
  await box.clock.advance(100);
  t.equal(await down, 'sent');
  t.same(box.written.slice(3), [
    [100, 6],
    [120, 2],
    [140, -2],
  ]);
  t.equal(await box.value.set(-2).finally(() => box.clock.advance(0)), 'sent', 'no way at all is one write');
});

t.test('a newer value turns a ramp where it is: the older one says so at once', async (t) => {
  const box = device({ ramp: { step: 1, everyMs: 10 } });
  const up = box.value.set(100);
  await box.clock.advance(25);
  const down = box.value.set(-1);
  t.equal(await up, 'replaced');
  await box.clock.advance(100);
  t.equal(await down, 'sent');
  t.same(box.written, [
    [0, 1],
    [10, 2],
    [20, 3],
    [30, 2],
    [40, 1],
    [50, 0],
    [60, -1],
  ]);
});

const READ_BACK = { report: 'gain', withinMs: 50, resends: 2 };

t.test('a swallowed write is found by read-back and sent again', async (t) => {
  const box = device({ readBack: READ_BACK }, 2);
  const set = box.value.set(7);
  await box.clock.advance(200);
  t.equal(await set, 'confirmed');
  t.same(box.written, [
    [0, 7],
    [50, 7],
    [100, 7],
  ]);
});

t.test('after so many times it has failed, with the cause', async (t) => {
  const box = device({ readBack: READ_BACK }, 3);
  const set = t.rejects(box.value.set(7), {
    code: 'VALUE_UNCONFIRMED',
    message: /gain of acme:box:one: the device has 0, 7 was sent 3 times/,
  });
  await box.clock.advance(200);
  await set;
  const again = box.value.set(7);
  await box.clock.advance(50);
  t.equal(await again, 'confirmed', 'what comes then is tried as before');
});

t.test('a device that must be asked is asked after the write; what it said before does not count', async (t) => {
  const box = device({ readBack: { ...READ_BACK, ask: { line: '?\n' }, tolerance: 0.5 } }, 1);
  box.value.heard(7);
  const set = box.value.set(7);
  await box.clock.advance(200);
  t.equal(await set, 'confirmed');
  t.same(box.written, [
    [0, 7],
    [0, 'ask'],
    [50, 7],
    [50, 'ask'],
  ]);
});

t.test('a newer value ends the wait for the report of an older one', async (t) => {
  const box = device({ readBack: READ_BACK }, 1);
  const older = box.value.set(7);
  await box.clock.advance(20);
  const newer = box.value.set(8);
  t.equal(await older, 'replaced');
  await box.clock.advance(200);
  t.equal(await newer, 'confirmed');
  t.same(box.written, [
    [0, 7],
    [20, 8],
  ]);
});

t.test('the end of the connection is the cause of all that was on its way', async (t) => {
  const ramp = device({ ramp: { step: 1, everyMs: 10 } });
  const moving = t.rejects(ramp.value.set(100), { message: 'unplugged' });
  await ramp.clock.advance(25);
  ramp.end();
  await moving;
  await ramp.clock.advance(1000);
  t.equal(ramp.written.length, 3, 'nothing is written any more');
  const silent = device({ readBack: READ_BACK }, 9);
  const waiting = t.rejects(silent.value.set(7), { message: 'unplugged' });
  await silent.clock.advance(10);
  silent.end();
  await waiting;
  t.ok(silent.clock.isIdle);
});

const knob = fc.record({ value: fc.integer({ min: -50, max: 50 }), afterMs: fc.nat(60) });

t.test('however a knob is turned: no step is too big or too soon, the last value arrives, all are told', async (t) => {
  const property = fc.asyncProperty(
    fc.array(knob, { minLength: 1, maxLength: 20 }),
    fc.integer({ min: 1, max: 30 }),
    fc.integer({ min: 1, max: 40 }),
    fc.nat(3),
    async (turns, step, everyMs, swallows) => {
      const readBack = { report: 'gain', withinMs: 20, resends: 3 };
      const box = device({ ramp: { step, everyMs }, readBack }, swallows);
      const told: string[] = [];
      for (const [i, { value, afterMs }] of turns.entries()) {
        box.value.set(value).then(
          (taken) => (told[i] = taken),
          (error: Error) => (told[i] = error.message),
        );
        await box.clock.advance(afterMs);
      }
      await box.clock.advance(100 * (everyMs + 20));
      await settle();
      let before = 0;
      let beforeMs = Number.NEGATIVE_INFINITY;
      for (const [atMs, value] of box.written) {
        if (typeof value !== 'number') throw new Error(`${value} was written`);
        if (Math.abs(value - before) > step) throw new Error(`${before} jumped to ${value}`);
        // sent again it is no step
        if (value !== before && atMs - beforeMs < everyMs) throw new Error(`${value} came after ${atMs - beforeMs} ms`);
        if (value !== before) beforeMs = atMs;
        before = value;
      }
      if (before !== turns.at(-1)!.value) throw new Error(`the end is ${before}`);
      if (told.at(-1) !== 'confirmed') throw new Error(`the last one is ${told.at(-1)}`);
      for (let i = 0; i < turns.length; i++)
        if (!['confirmed', 'replaced'].includes(told[i]!)) throw new Error(`${i} is ${told[i]}`);
    },
  );
  await t.resolves(fc.assert(property, { numRuns: 200 }));
});
