import { readFileSync } from 'node:fs';
import t from 'tap';
import { compileIfOld } from '../scripts/build-wasm.ts';

const built = await compileIfOld(['dsp/instrument-blocks.as.ts'], 'dsp/build/instrument-blocks.wasm', 'release');
const module = new WebAssembly.Module(readFileSync(built));
const instance = new WebAssembly.Instance(module);
const dsp = instance.exports as unknown as Record<string, (...numbers: number[]) => number>;
const { bits } = instance.exports as { bits: (voices: number, which: number) => bigint };
const { memory } = instance.exports as { memory: WebAssembly.Memory };

const RATE = 48000;

/** The level n frames into a segment of `frames` from a to b. */
const segment = (a: number, b: number, n: number, frames: number, bend: number) =>
  a + ((b - a) * (1 - Math.exp((-bend * n) / frames))) / (1 - Math.exp(-bend));
const ATTACK = 1.5;
const FALL = Math.log(1000);

function levels(envelopes: number, frames: number, index = 0): Float64Array {
  const to = dsp.take!(frames * 8);
  dsp.levels!(envelopes, index, to, frames);
  return new Float64Array(memory.buffer, to, frames).slice();
}

t.test('an envelope is at its levels at exactly its times', async (t) => {
  const envelope = dsp.envelopes!(dsp.shape!(0.01, 0.02, 0.4, 0.05, RATE), 1);
  t.ok(dsp.isOver!(envelope, 0));
  dsp.start!(envelope, 0, 0.5);
  const held = levels(envelope, 2000);
  const near = (found: number, wanted: number, what: string) =>
    t.ok(Math.abs(found - wanted) < 1e-12, `${what}: ${found}, wanted ${wanted}`);
  for (const n of [0, 1, 240, 479]) near(held[n]!, segment(0, 0.5, n, 480, ATTACK), `attack, frame ${n}`);
  t.equal(held[480], 0.5, 'the peak');
  for (const n of [1, 480, 959]) near(held[480 + n]!, segment(0.5, 0.2, n, 960, FALL), `decay, frame ${n}`);
  t.ok(
    held.subarray(1440).every((level) => level === 0.2),
    'sustain',
  );
  dsp.release!(envelope, 0);
  const ended = levels(envelope, 3000);
  for (const n of [0, 1, 1200, 2399]) near(ended[n]!, segment(0.2, 0, n, 2400, FALL), `release, frame ${n}`);
  t.ok(
    ended.subarray(2400).every((level) => level === 0),
    'silent',
  );
  t.ok(dsp.isOver!(envelope, 0));
});

t.test('what decay and release have left falls by 60 dB in their time', async (t) => {
  const envelope = dsp.envelopes!(dsp.shape!(0, 1, 0, 1, RATE), 1);
  dsp.start!(envelope, 0, 1);
  const fall = levels(envelope, RATE);
  for (const tenth of [1, 2, 5]) {
    const level = 20 * Math.log10(fall[(tenth * RATE) / 10]!);
    t.ok(Math.abs(level + 6 * tenth) < 0.3, `${tenth}/10: ${level} dB`);
  }
});

t.test('a note that begins again, or ends early, goes on from where it is', async (t) => {
  const envelope = dsp.envelopes!(dsp.shape!(0.1, 0.1, 0.5, 0.1, RATE), 1);
  dsp.start!(envelope, 0, 1);
  levels(envelope, 1000);
  const early = segment(0, 1, 1000, 4800, ATTACK);
  dsp.release!(envelope, 0);
  const falling = levels(envelope, 300);
  t.ok(Math.abs(falling[0]! - early) < 1e-12);
  t.ok(Math.abs(falling[299]! - segment(early, 0, 299, 4800, FALL)) < 1e-12);
  const low = segment(early, 0, 300, 4800, FALL);
  dsp.start!(envelope, 0, 0.8);
  const again = levels(envelope, 4801);
  for (const n of [0, 1000, 4800]) t.ok(Math.abs(again[n]! - segment(low, 0.8, n, 4800, ATTACK)) < 1e-12, `frame ${n}`);
});

t.test('no time is at once, a fade takes 5 ms, a held note follows its sustain', async (t) => {
  const shape = dsp.shape!(0, 0, 0.6, 0, RATE);
  const envelope = dsp.envelopes!(shape, 1);
  dsp.start!(envelope, 0, 1);
  t.same([...levels(envelope, 3)], [0.6, 0.6, 0.6]);
  dsp.setSustain!(shape, 0.3);
  dsp.follow!(envelope, 0);
  t.equal(levels(envelope, 1)[0], 0.3);
  dsp.fade!(envelope, 0);
  const faded = levels(envelope, 241);
  t.ok(Math.abs(faded[120]! - segment(0.3, 0, 120, 240, ATTACK)) < 1e-12);
  t.ok(faded[239]! > 0 && faded[240] === 0);
  dsp.start!(envelope, 0, 1);
  dsp.release!(envelope, 0);
  t.ok(dsp.isOver!(envelope, 0));
  dsp.setSustain!(shape, 0);
  dsp.start!(envelope, 0, 1);
  t.ok(dsp.isOver!(envelope, 0), 'held at a sustain of 0');
});

t.test('skipped frames lead where counted ones do, and `ahead` says where', async (t) => {
  const envelope = dsp.envelopes!(dsp.shape!(0.003, 0.01, 0.4, 0.02, RATE), 2);
  for (const voice of [0, 1]) dsp.start!(envelope, voice, 1);
  let worst = 0;
  let unforeseen = 0;
  for (let turn = 0; turn < 150; turn++) {
    if (turn === 80) for (const voice of [0, 1]) dsp.release!(envelope, voice);
    const foreseen = dsp.ahead!(envelope, 0, 16);
    const counted = levels(envelope, 17, 1)[16]!;
    if (Math.abs(foreseen - counted) > 1e-12) unforeseen++;
    dsp.skip!(envelope, 0, 17);
    worst = Math.max(worst, Math.abs(dsp.ahead!(envelope, 0, 0) - dsp.ahead!(envelope, 1, 0)));
  }
  t.ok(worst < 1e-12, `${worst}`);
  t.equal(unforeseen, 1, 'but for where the attack turns into the decay');
  t.ok(dsp.isOver!(envelope, 0) && dsp.isOver!(envelope, 1));
});

t.test('four envelopes at once are each the same as one alone, however blocks are cut', async (t) => {
  const shape = dsp.shape!(0.003, 0.01, 0.4, 0.02, RATE);
  const alone = dsp.envelopes!(shape, 4);
  const together = dsp.envelopes!(shape, 4);
  const frames = 3000;
  const wanted = [0, 1, 2, 3].map((voice) => {
    const before = levels(alone, 100 * voice, voice);
    dsp.start!(alone, voice, 1 - 0.1 * voice);
    const held = levels(alone, 700, voice);
    dsp.release!(alone, voice);
    return Float32Array.from([...before, ...held, ...levels(alone, frames - 700 - 100 * voice, voice)]);
  });
  const to = dsp.take!(frames * 16);
  for (let n = 0; n < frames; ) {
    for (let voice = 0; voice < 4; voice++) {
      if (n === 100 * voice) dsp.start!(together, voice, 1 - 0.1 * voice);
      if (n === 100 * voice + 700) dsp.release!(together, voice);
    }
    const count = Math.min(100 - (n % 100), 37, frames - n);
    dsp.rows!(together, to + 16 * n, count);
    n += count;
  }
  const found = new Float32Array(memory.buffer, to, frames * 4);
  for (const [voice, levels] of wanted.entries())
    t.same(
      levels.map((_, n) => found[4 * n + voice]!),
      levels,
      `voice ${voice}`,
    );
});

t.test('velocity: 40 log10(v / 127) dB, and a share of it', async (t) => {
  for (const velocity of [1, 32, 64, 127])
    for (const amount of [0, 0.5, 1]) {
      const found = 20 * Math.log10(dsp.velocity!(velocity, amount));
      t.ok(Math.abs(found - amount * 40 * Math.log10(velocity / 127)) < 1e-9, `${velocity}, ${amount}`);
    }
});

/** Voices, and what a message meant to them: numbers of voices. */
function band(count: number) {
  const levels = dsp.take!(count * 8);
  const voices = dsp.voices!(count, levels);
  const which = (kind: number) => {
    const mask = BigInt.asUintN(64, bits(voices, kind));
    return Array.from({ length: count }, (_, voice) => voice).filter((voice) => (mask >> BigInt(voice)) & 1n);
  };
  return {
    send: (...message: number[]) => {
      const isTaken = dsp.midi!(voices, ...message) !== 0;
      return { isTaken, started: which(0), released: which(1), cut: which(2) };
    },
    on: (note: number, channel = 0) => {
      dsp.midi!(voices, 0x90 + channel, note, 100);
      return which(0)[0];
    },
    off: (note: number, channel = 0) => {
      dsp.midi!(voices, 0x80 + channel, note, 0);
      return which(1);
    },
    sounding: () => which(3),
    note: (voice: number) => dsp.noteOf!(voices, voice),
    level: (voice: number, level: number) => {
      new Float64Array(memory.buffer, levels, count)[voice] = level;
    },
    end: (voice: number) => dsp.end!(voices, voice),
    limit: (voiceCount: number) => dsp.limit!(voices, voiceCount),
  };
}

t.test('notes take free voices, give them back, and the same key takes its own', async (t) => {
  const { on, off, end, note, sounding, send } = band(64);
  t.same([on(60), on(64), on(67)], [0, 1, 2]);
  t.same([note(0), note(1), note(2)], [60, 64, 67]);
  t.equal(on(64), 1, 'the same key');
  t.same(off(64), [1]);
  t.same(off(64), [], 'it is up already');
  t.equal(on(64), 1, 'the same key, while its release sounds');
  t.same(send(0x90, 60, 0).released, [0], 'velocity 0 is a note off');
  end(0);
  t.same(sounding(), [1, 2]);
  t.equal(on(72), 0);
  t.equal(on(64, 5), 3, 'the same note on another channel is another key');
  t.same(off(64, 6), []);
  t.same(off(64, 5), [3]);
  for (let n = 4; n < 64; n++) on(n, 9);
  t.equal(sounding().length, 64);
  t.same(send(0xe0, 0, 64), { isTaken: false, started: [], released: [], cut: [] }, 'a bend is for others');
  t.equal(send(0xb0, 1, 64).isTaken, false, 'a wheel too');
});

t.test('what is stolen: the quietest released voice, then the oldest', async (t) => {
  const { on, off, level, note, limit, end } = band(4);
  for (const key of [60, 61, 62, 63]) on(key);
  [0.5, 0.1, 0.3, 0.2].forEach((loudness, voice) => {
    level(voice, loudness);
  });
  off(60);
  off(62);
  t.equal(on(70), 2, 'quieter than 0; 1 is held');
  t.equal(on(71), 0, 'the last that is released');
  t.equal(on(72), 1, 'the oldest');
  t.equal(on(73), 3);
  t.equal(note(3), 73);
  level(0, 0.1);
  level(1, 0.1);
  off(71);
  off(72);
  t.equal(on(74), 0, 'of equals the older');
  limit(2);
  t.equal(on(75), 1, 'with a limit of 2: released, and below it');
  t.equal(on(76), 0, 'the oldest below the limit');
  end(1);
  t.equal(on(77), 1);
});

t.test('the pedal holds what is released, on its channel', async (t) => {
  const { on, off, send } = band(16);
  on(60);
  on(61, 1);
  t.ok(send(0xb0, 64, 127).isTaken);
  t.same(off(60), []);
  t.same(off(61, 1), [1]);
  on(64);
  t.same(send(0xb0, 64, 63).released, [0], 'what is still held stays');
  t.same(off(64), [2]);
  send(0xb0, 64, 64);
  on(60);
  off(60);
  on(60);
  t.same(send(0xb0, 64, 0).released, [], 'played again, it is held by its key');
});

t.test('all notes off, all sound off, reset of controllers', async (t) => {
  const { on, off, send, sounding } = band(16);
  on(60);
  on(62);
  on(64, 1);
  t.same(send(0xb0, 123, 0), { isTaken: true, started: [], released: [0, 1], cut: [] });
  on(60);
  send(0xb0, 64, 127);
  t.same(send(0xb0, 123, 0).released, [], 'the pedal holds them');
  const reset = send(0xb0, 121, 0);
  t.same(reset.released, [0], 'its pedal is lifted');
  t.equal(reset.isTaken, false, 'other controllers are for the kernel');
  on(60);
  t.same(send(0xb0, 120, 0).cut, [0, 1], 'also what was released');
  t.same(off(60), []);
  t.same(sounding(), [0, 1, 2], 'until the kernel ends them');
});

t.test('held keys: the last that is down, across channels, the oldest forgotten beyond 32', async (t) => {
  const held = dsp.heldKeys!();
  t.equal(dsp.lastKey!(held), -1);
  dsp.press!(held, 60, 100);
  dsp.press!(held, 64, 90);
  dsp.press!(held, 128 + 67, 80);
  t.same([dsp.lastKey!(held), dsp.lastVelocity!(held)], [195, 80]);
  dsp.lift!(held, 64);
  dsp.lift!(held, 195);
  t.same([dsp.lastKey!(held), dsp.lastVelocity!(held)], [60, 100]);
  dsp.press!(held, 72, 70);
  dsp.press!(held, 60, 50);
  t.same([dsp.lastKey!(held), dsp.lastVelocity!(held)], [60, 50], 'pressed again, it is the last');
  dsp.press!(held, 128 + 1, 70);
  dsp.liftAll!(held, 0);
  t.equal(dsp.lastKey!(held), 129);
  dsp.liftAll!(held, 1);
  t.equal(dsp.lastKey!(held), -1);
  for (let key = 0; key < 40; key++) dsp.press!(held, key, 1);
  for (let key = 39; key >= 8; key--) {
    t.equal(dsp.lastKey!(held), key);
    dsp.lift!(held, key);
  }
  t.equal(dsp.lastKey!(held), -1);
});
