import t from 'tap';
import { impulse, noise } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

for (const delay of [0, 1, 3, 127, 128, 1000, 1025]) {
  t.test(`an impulse comes out ${delay} frames later, and latency and tail say so`, async (t) => {
    const instance = await probe('delay', { parameters: { delay } });
    t.equal(instance.latencyFrames, delay);
    t.equal(instance.tailFrames, delay);
    for (const block of [1, 7, 128, 480, 1024]) {
      instance.reset();
      const inputs = [impulse(3000, 11), noise(3000, delay)];
      const { outputs } = instance.render(inputs, { block });
      t.same(outputs[0], impulse(3000, 11 + delay), `blocks of ${block}`);
      const later = new Float32Array(3000);
      later.set(inputs[1]!.subarray(0, 3000 - delay), delay);
      t.same(outputs[1], later, `noise in blocks of ${block}, seed ${delay}`);
    }
  });
}

t.test('the longest delay, 4 seconds at 48,000 Hz', async (t) => {
  const instance = await probe('delay', { parameters: { delay: 192000 }, widths: { in: 1, out: 1 } });
  const { outputs } = instance.render([impulse(192010, 5)]);
  t.equal(outputs[0]!.indexOf(1), 192005);
});

t.test('the delay is latched: an event changes nothing until the next activation', async (t) => {
  const instance = await probe('delay', { parameters: { delay: 10 } });
  const { outputs } = instance.render([impulse(100, 50)], { events: [{ frame: 0, parameter: 'delay', value: 20 }] });
  t.equal(outputs[0]!.indexOf(1), 60);
  t.equal(instance.latencyFrames, 10);
  instance.loadState(instance.saveState());
  t.equal(instance.latencyFrames, 20);
  t.equal(instance.render([impulse(100, 50)]).outputs[0]!.indexOf(1), 70);
});

t.test('a reset forgets what was on its way', async (t) => {
  const instance = await probe('delay', { parameters: { delay: 100 } });
  instance.render([noise(80, 1), noise(80, 2)]);
  instance.reset();
  t.ok(instance.render([], { frames: 300 }).outputs.every((output) => output.every((x) => x === 0)));
});

t.test('sleeps when all has come out, not before', async (t) => {
  const instance = await probe('delay', { parameters: { delay: 300 }, maxFrames: 128 });
  const { statuses, outputs } = instance.render([impulse(128 * 6, 127)], { block: 128 });
  t.equal(outputs[0]!.indexOf(1), 427);
  t.same(statuses, [1, 3, 3, 3, 4, 4]);
});
