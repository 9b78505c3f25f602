import t from 'tap';
import { noise, sine } from '../../plugins/testing/signals.ts';
import { buildWasm } from '../../scripts/build-wasm.ts';
import { type GuardedSignalOptions, GuardedSignal } from './testing/guarded-signal.ts';

await buildWasm({ ifMissing: true });

const RATE = 48000;
const CEILING = Math.fround(10 ** (-0.1 / 20));
const peakOf = (signal: Float32Array) => signal.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
const scaled = (signal: Float32Array, gain: number) => signal.map((x) => x * gain);
const guarded = (channels: Float32Array[], options?: GuardedSignalOptions) =>
  new GuardedSignal(channels.length, options).play(channels);
/** Bit for bit: the sign of zero counts, too. */
const isSame = (a: Float32Array, b: Float32Array) =>
  Buffer.from(a.slice().buffer).equals(Buffer.from(b.slice().buffer));

t.test('below the ceiling every bit stays, at once, in blocks of any size', async (t) => {
  const odd = Float32Array.of(0, -0, 1e-40, -1e-45, 1e-38, 0.4, -0.4);
  const input = [scaled(noise(5000, 1), 0.4), scaled(noise(5000, 2), 0.4)];
  input[0]!.set(odd, 300);
  for (const blocks of [[128], [1], [7, 3, 128, 1], [1024]]) {
    const guard = new GuardedSignal(2, { blocks });
    for (const [c, channel] of guard.play(input).entries()) t.ok(isSame(channel, input[c]!), `blocks of ${blocks}`);
    t.same(guard.counts, { limitedBlocks: 0, nonFinite: 0, jumps: 0, offsets: 0 });
  }
});

t.test('what is not finite becomes zero and is counted; what stands beside it stays', async (t) => {
  const input = [scaled(noise(1000, 3), 0.4), scaled(noise(1000, 4), 0.4)];
  const bad = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const places = [0, 1, 127, 128, 500, 999];
  const wanted = input.map((channel) => channel.slice());
  places.forEach((at, i) => {
    input[0]![at] = bad[i % 3]!;
    wanted[0]![at] = 0;
  });
  const guard = new GuardedSignal(2);
  for (const [c, channel] of guard.play(input).entries()) t.ok(isSame(channel, wanted[c]!));
  t.equal(guard.counts.nonFinite, places.length);
});

t.test('no sample is above the ceiling, whatever comes', async (t) => {
  const loud = (gain: number) => scaled(noise(4000, 5), gain);
  const signals = { '6 dB over': loud(2), '1e30': loud(1e30), '3.4e38': loud(3.4e38), square: loud(1).map(Math.sign) };
  for (const [what, signal] of Object.entries(signals))
    for (const ceilingDb of [-0.1, 0, -12, -60]) {
      const most = Math.fround(10 ** (ceilingDb / 20));
      const [output] = guarded([signal], { ceilingDb, blocks: [128, 31] });
      t.ok(peakOf(output!) <= most, `${what}, ceiling ${ceilingDb} dB: ${peakOf(output!)}`);
    }
});

t.test('the gain falls at once, stands for 50 ms, comes back by 63 % in 300 ms, and is then exactly 1', async (t) => {
  const input = new Float32Array(6 * RATE).fill(0.24);
  input[1000] = 2 * CEILING;
  const guard = new GuardedSignal(1, { blocks: [128] });
  const [output] = guard.play([input]);
  const gain = (n: number) => output![n]! / input[n]!;
  t.ok(isSame(output!.subarray(0, 1000), input.subarray(0, 1000)));
  const end = 1000 + 0.05 * RATE; // last frame of the hold
  for (const n of [1000, 1001, end]) t.ok(Math.abs(gain(n) - 0.5) < 1e-6, `frame ${n}: ${gain(n)}`);
  for (const seconds of [0.01, 0.3, 1]) {
    const wanted = 1 - 0.5 * Math.exp(-seconds / 0.3);
    const found = gain(end + seconds * RATE);
    t.ok(Math.abs(found - wanted) < 1e-5, `${seconds} s later ${found}, wanted ${wanted}`);
  }
  // 300 ms x ln(0.5 / 1e-6) = 3.94 s
  t.ok(isSame(output!.subarray(end + 3.95 * RATE), input.subarray(end + 3.95 * RATE)));
  t.equal(guard.isBusy, true, 'it sounds');
  guard.play([new Float32Array(0.01 * RATE + 128)]);
  t.equal(guard.isBusy, false);
});

t.test('all channels have one gain', async (t) => {
  const input = [sine(9600, 997, RATE, 2), sine(9600, 440, RATE, 0.3), sine(9600, 330, RATE, 0.1)];
  const output = guarded(input);
  const gains = output.map((channel, c) => channel[9001]! / input[c]![9001]!);
  t.ok(Math.abs(gains[0]! - CEILING / 2) < 1e-3, `${gains[0]}`);
  for (const gain of gains) t.ok(Math.abs(gain - gains[0]!) < 1e-6, `${gain}`);
});

t.test('moves the same in blocks of any size', async (t) => {
  const input = [1, 2].map((seed) => scaled(noise(20_000, seed), 1.5).map((x, n) => (n % 7000 < 3000 ? x : 0.2 * x)));
  const wanted = guarded(input);
  for (const blocks of [[1], [7, 3, 128, 1], [1024], [13, 256]])
    for (const [c, channel] of guarded(input, { blocks }).entries())
      t.ok(isSame(channel, wanted[c]!), `blocks of ${blocks}`);
});

t.test('a reset guard is as new, but for what it counted', async (t) => {
  const guard = new GuardedSignal(1);
  const burst = scaled(noise(2000, 9), 4);
  const [first] = guard.play([burst]);
  t.equal(guard.isBusy, true);
  const counted = guard.counts.limitedBlocks;
  guard.reset();
  t.equal(guard.isBusy, false);
  t.ok(isSame(guard.play([burst])[0]!, first!));
  t.equal(guard.counts.limitedBlocks, 2 * counted);
});
