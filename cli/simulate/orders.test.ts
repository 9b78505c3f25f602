import t from 'tap';
import { readOrder } from './orders.ts';

t.test('an order is read as it is meant', async (t) => {
  t.same(readOrder('fault half-frame'), { order: 'fault', fault: 'half-frame' });
  t.same(readOrder('  level -6  -120 '), {
    order: 'level',
    levels: [
      { peakDb: -6, rmsDb: -9 },
      { peakDb: -120, rmsDb: -120 },
    ],
  });
  t.same(readOrder('state'), { order: 'state' });
  t.same(readOrder('quit'), { order: 'quit' });
});

t.test('what is no order is refused with what is wanted', async (t) => {
  for (const [line, wanted] of [
    ['fault', /wanted fault and one of none, silence/],
    ['fault nothing', /one of none/],
    ['fault late none', /one of none/],
    ['level', /decibels from -120 to 24/],
    ['level loud', /decibels/],
    ['level 25', /decibels/],
    ['state now', /fault NAME, level DB/],
    ['stop', /fault NAME, level DB/],
  ] as const)
    t.throws(() => readOrder(line), { code: 'REQUEST_INVALID', message: wanted }, line);
});
