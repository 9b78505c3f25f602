import fc from 'fast-check';
import t from 'tap';
import { noise } from '../../plugins/testing/signals.ts';
import { circularCorrelation } from './fourier.ts';
import { maximumLengthSequence } from './maximum-length-sequence.ts';
import { measureReturn } from './measure-return.ts';
import { makePing, type Ping } from './ping.ts';

const RATE = 48000;
const ping = makePing(RATE, -18);

interface Way {
  frames: number;
  gain: number;
  /** Of what comes back, beside the ping that does. */
  noiseDb?: number;
  seed?: number;
}

/** What a way gives back of the ping. */
function sent({ frames, gain, noiseDb = -200, seed = 1 }: Way, { sound, level }: Ping = ping): Float32Array {
  const back = noise(sound.length, seed);
  // uniform noise has a mean level of 1 / sqrt(3)
  const noiseGain = level * Math.abs(gain) * 10 ** (noiseDb / 20) * Math.sqrt(3);
  for (let n = 0; n < back.length; n++) back[n] = back[n]! * noiseGain + (n >= frames ? gain * sound[n - frames]! : 0);
  return back;
}

t.test('a sequence is N at lag 0 of itself and -1 at every other', async (t) => {
  for (const order of [9, 15, 17] as const) {
    const sequence = maximumLengthSequence(order);
    const correlation = circularCorrelation(sequence, sequence);
    t.equal(Math.round(correlation[0]!), sequence.length);
    const worst = correlation.subarray(1).reduce((most, x) => Math.max(most, Math.abs(x + 1)), 0);
    t.ok(worst < 1e-6, `order ${order}: off by ${worst}`);
  }
});

t.test('a correlation is the sum written out', async (t) => {
  const [a, b] = [noise(511, 1), noise(511, 2)];
  const found = circularCorrelation(a, b);
  for (const lag of [0, 1, 255, 510]) {
    const wanted = b.reduce((sum, x, n) => sum + x * a[(n + lag) % 511]!, 0);
    t.ok(Math.abs(found[lag]! - wanted) < 1e-9, `lag ${lag}`);
  }
});

t.test('noise 40 dB below the ping moves neither the frame nor the level', async (t) => {
  const ways = fc.record({
    frames: fc.integer({ min: 0, max: 20_000 }),
    gainDb: fc.double({ min: -60, max: 6, noNaN: true }),
    isReversed: fc.boolean(),
    seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  });
  const holds = fc.property(ways, ({ frames, gainDb, isReversed, seed }) => {
    const gain = (isReversed ? -1 : 1) * 10 ** (gainDb / 20);
    const found = measureReturn([sent({ frames, gain, noiseDb: -40, seed })], ping, RATE);
    const isRight =
      found.roundTripFrames === frames && found.isReversed === isReversed && Math.abs(found.gainDb - gainDb) < 0.01;
    return isRight && found.confidence > 0.999 && Math.abs(found.noiseDb + 40) < 0.5;
  });
  fc.assert(holds, { numRuns: 20 });
  t.pass('20 ways');
});

t.test('without noise the level is known to the last bits of a sample', async (t) => {
  const { gainDb, noiseDb, confidence } = measureReturn([sent({ frames: 300, gain: 1 })], ping, RATE);
  t.ok(Math.abs(gainDb) < 1e-5, `${gainDb} dB`);
  t.ok(noiseDb < -140 && confidence > 0.999999);
});

t.test('noise half as loud as the ping is still no matter, to 0.1 dB', async (t) => {
  for (let seed = 1; seed <= 8; seed++) {
    const found = measureReturn([sent({ frames: 4321, gain: -0.25, noiseDb: -6, seed })], ping, RATE);
    t.match(found, { roundTripFrames: 4321, isReversed: true });
    t.ok(Math.abs(found.gainDb - 20 * Math.log10(0.25)) < 0.1, `${found.gainDb.toFixed(3)} dB`);
  }
});

t.test('between two frames it is the nearer one, and the level is the same', async (t) => {
  for (const part of [-0.4, -0.25, 0.25, 0.4]) {
    const taps = Array.from({ length: 129 }, (_, i) => {
      const x = i - 64 - part;
      const window = 0.5 + 0.5 * Math.cos((Math.PI * x) / 65);
      return (window * Math.sin(Math.PI * x)) / (Math.PI * x);
    });
    const plain = sent({ frames: 500 - 64, gain: 0.5 });
    const back = plain.map((_, n) => taps.reduce((sum, tap, i) => sum + tap * (n >= i ? plain[n - i]! : 0), 0));
    const found = measureReturn([back], ping, RATE);
    t.equal(found.roundTripFrames, 500, `${part} of a frame later`);
    t.ok(Math.abs(found.gainDb + 6.0206) < 0.1, `${found.gainDb.toFixed(3)} dB`);
  }
});

t.test('a constant voltage at the input is no matter', async (t) => {
  const back = sent({ frames: 777, gain: 0.5 }).map((x) => x + 0.3);
  const found = measureReturn([back], ping, RATE);
  t.equal(found.roundTripFrames, 777);
  t.ok(Math.abs(found.gainDb + 6.0206) < 0.01, `${found.gainDb.toFixed(4)} dB`);
});

t.test('what cannot be measured is refused, and says why', async (t) => {
  const refused = (recorded: Float32Array, message: RegExp) =>
    t.throws(() => measureReturn([recorded], ping, RATE), { code: 'CALIBRATION_FAILED', message });
  refused(new Float32Array(ping.frames), /nothing comes back/);
  refused(sent({ frames: 100, gain: 10 ** (-70 / 20) }), /too little comes back, -70 dB/);
  refused(
    sent({ frames: 100, gain: 8 }).map((x) => Math.max(-1, Math.min(1, x))),
    /clips, at 0\.0 dBFS/,
  );
  refused(
    noise(ping.frames, 3).map((x) => x / 4),
    /not what was sent/,
  );
  const hum = Float32Array.from({ length: ping.frames }, (_, n) => 0.3 * Math.sin((2 * Math.PI * 50 * n) / RATE));
  refused(hum, /not what was sent/);
  refused(sent({ frames: 100, gain: 1, noiseDb: 14 }, makePing(RATE, -40)), /not what was sent|differ/);
  const shaken = sent({ frames: 100, gain: 1 });
  for (let round = 1; round <= 4; round++)
    shaken.copyWithin(round * 32767 + 9000 * round, round * 32767 + 3000 * round);
  refused(shaken, /differ|not what was sent/);
});

t.test('a gap in some of the repetitions is no matter', async (t) => {
  const back = sent({ frames: 100, gain: 0.5, noiseDb: -40 });
  back.fill(0, 80_000, 80_128);
  back.fill(0, 150_000, 150_300);
  const found = measureReturn([back], ping, RATE);
  t.equal(found.roundTripFrames, 100);
  t.ok(Math.abs(found.gainDb + 6.0206) < 0.01, `${found.gainDb.toFixed(4)} dB`);
  t.ok(found.confidence < 0.7, `but told: confidence ${found.confidence.toFixed(2)}`);
});

t.test('a machine that spoils most repetitions needs more pings, and is told so until then', async (t) => {
  /** Gaps in all rounds but one. seed: where they lie. */
  const spoiled = (whole: number, seed: number) => {
    const back = sent({ frames: 100, gain: 0.5, noiseDb: -40, seed });
    for (let round = 0; round < 7; round++) {
      const from = round * 32767 + 500 * seed + 3000 * round;
      if (round !== whole) back.fill(0, from, from + 2560);
    }
    return back;
  };
  const recordings = [spoiled(2, 1), spoiled(5, 2)];
  t.throws(() => measureReturn(recordings, ping, RATE), {
    message: /differ: 2 of 12 are alike, at least 3 were wanted/,
    details: { isUnsteady: true },
  });
  const found = measureReturn([...recordings, spoiled(1, 3)], ping, RATE);
  t.equal(found.roundTripFrames, 100);
  t.ok(Math.abs(found.gainDb + 6.0206) < 0.01, `${found.gainDb.toFixed(4)} dB`);
  t.ok(found.confidence < 0.2, `3 of 18: confidence ${found.confidence.toFixed(2)}`);
});

t.test('rounds in which nothing came are not what came back', async (t) => {
  const back = sent({ frames: 100, gain: 0.5, noiseDb: -40 });
  back.fill(0, 32767, 4 * 32767);
  t.equal(measureReturn([back], ping, RATE).roundTripFrames, 100);
});
