import type { ProbeEvent, ProbeMidi } from '@audiocloud/engine';
import t from 'tap';
import { magnitude } from '../testing/complex.ts';
import { responseAt } from '../testing/measured-response.ts';
import { db, distance } from '../testing/signals.ts';
import { probe, stockPlugin } from '../testing/stock.ts';

const RATE = 48000;

/** An oscillator alone, at once there and at once gone, at full scale whatever the velocity. */
const bare = {
  filter: 'off',
  attack: 0,
  decay: 0,
  sustain: 100,
  release: 0,
  velocityLevel: 0,
  velocityFilter: 0,
  keyTracking: 0,
  filterAmount: 0,
  filterAttack: 0,
  filterDecay: 0,
  filterSustain: 100,
  level: 0,
};
/** What stands still for a third of a second: a pulse of 1 Hz and note 0 is 1 from its second frame on. */
const still = { ...bare, wave1: 'pulse', octave1: -3 };

type Parameters = Record<string, number | string | boolean>;
const on = (note: number, frame = 0, velocity = 127, channel = 0): ProbeMidi => ({ frame, midi: [0x90 + channel, note, velocity] });
const off = (note: number, frame: number, channel = 0): ProbeMidi => ({ frame, midi: [0x80 + channel, note, 0] });
const controller = (number: number, value: number, frame = 0): ProbeMidi => ({ frame, midi: [0xb0, number, value] });
const bend = (value: number, frame = 0): ProbeMidi => ({ frame, midi: [0xe0, value & 127, value >> 7] });

interface Played {
  left: Float32Array;
  right: Float32Array;
  voices: number;
  statuses: number[];
}

async function play(
  parameters: Parameters,
  events: ProbeEvent[],
  frames: number,
  options: { block?: number | number[]; seed?: bigint; channels?: number; sampleRate?: number } = {},
): Promise<Played> {
  const { block = 1024, seed = 1n, channels = 2, sampleRate = RATE } = options;
  const synth = await probe('synth', { parameters, seed, widths: { out: channels }, sampleRate });
  const { outputs, reports, statuses } = synth.render([], { frames, block, events });
  synth.dispose();
  return { left: outputs[0]!, right: outputs[1] ?? outputs[0]!, voices: reports['voices']![0]!, statuses };
}

const hertzOf = (note: number) => 440 * 2 ** ((note - 69) / 12);

/** `frames` frames from `from` under a Hann window, at `hertz`: twice what is there over the sum of the window is the amplitude. */
const windowed = (signal: Float32Array, hertz: number, from: number, frames: number) =>
  responseAt(
    Float32Array.from({ length: frames }, (_, n) => signal[from + n]! * Math.sin((Math.PI * n) / frames) ** 2),
    hertz,
    RATE,
  );
const amplitudeAt = (signal: Float32Array, hertz: number, from = 0, frames = signal.length - from) =>
  (4 * magnitude(windowed(signal, hertz, from, frames))) / frames;

/** The frequency near `hertz`, from how far the phase goes on in `apart` frames. */
function frequencyAt(signal: Float32Array, hertz: number, from = 0, frames = 12000, apart = 12000): number {
  const a = windowed(signal, hertz, from, frames);
  const b = windowed(signal, hertz, from + apart, frames);
  const turned = Math.atan2(b.im * a.re - b.re * a.im, b.re * a.re + b.im * a.im) / (2 * Math.PI);
  // each window counts its phase from its own start
  const whole = (hertz * apart) / RATE;
  const cycles = turned - (whole - Math.round(whole));
  return hertz + ((cycles - Math.round(cycles)) * RATE) / apart;
}
const cents = (a: number, b: number) => 1200 * Math.log2(a / b);

t.test('every wave has the pitch of its note, within 0.05 cent', async (t) => {
  for (const wave1 of ['sine', 'triangle', 'saw', 'pulse'])
    for (const note of [21, 60, 69, 108]) {
      const { left } = await play({ ...bare, wave1 }, [on(note)], 24000);
      const error = cents(frequencyAt(left, hertzOf(note)), hertzOf(note));
      t.ok(Math.abs(error) < 0.05, `${wave1}, note ${note}: ${error} cents`);
    }
});

t.test('octave, semitone and fine tune each oscillator', async (t) => {
  const tuned = hertzOf(69) * 2 ** ((12 - 5 + 0.37) / 12);
  for (const [n, mix] of [
    [1, 0],
    [2, 100],
  ] as const) {
    const tuning = { [`wave${n}`]: 'sine', [`octave${n}`]: 1, [`semitone${n}`]: -5, [`fine${n}`]: 37 };
    const { left } = await play({ ...bare, ...tuning, mix }, [on(69)], 24000);
    const error = cents(frequencyAt(left, tuned), tuned);
    t.ok(Math.abs(error) < 0.05, `oscillator ${n}: ${error} cents`);
    t.ok(Math.abs(db(amplitudeAt(left, tuned))) < 0.001, `oscillator ${n} alone`);
  }
});

t.test('a saw is its additive series, aliases and all: below 8 kHz they are 55 dB down at 3,520 Hz', async (t) => {
  // note 105 repeats every 300 frames: harmonics and aliases stand on whole bins of 4,800 frames
  const hertz = 3520;
  const { left } = await play({ ...bare, wave1: 'saw' }, [on(105)], 4800 + 300);
  const signal = left.subarray(300);
  const amplitude = (at: number) => (2 * magnitude(responseAt(signal, at, RATE))) / signal.length;
  let worst = 0;
  for (let k = 1; k <= 30; k++) {
    // an edge that is smoothed by a triangle of two frames: sinc^2, and what is above half the rate comes down
    const x = (Math.PI * k * hertz) / RATE;
    const wanted = (2 / (Math.PI * k)) * (Math.sin(x) / x) ** 2;
    const folded = Math.abs(k * hertz - RATE * Math.round((k * hertz) / RATE));
    const found = amplitude(folded);
    t.ok(Math.abs(found - wanted) < 1e-4, `partial ${k} at ${folded} Hz: ${found}, wanted ${wanted}`);
    if (k * hertz > RATE / 2 && folded < 8000) worst = Math.max(worst, found);
  }
  const alias = db(worst / amplitude(hertz));
  t.ok(alias < -55, `${alias} dB`);
});

t.test('the envelope is at its levels at its times', async (t) => {
  const envelope = { attack: 100, decay: 200, sustain: 40, release: 150 };
  const { left } = await play({ ...still, ...envelope }, [on(0), off(0, 16800)], 24100);
  const segment = (a: number, b: number, share: number, bend: number) =>
    a + ((b - a) * (1 - Math.exp(-bend * share))) / (1 - Math.exp(-bend));
  const fall = Math.log(1000);
  const near = (frame: number, wanted: number) =>
    t.ok(Math.abs(left[frame]! - wanted) < 1e-6, `frame ${frame}: ${left[frame]}, wanted ${wanted}`);
  for (const n of [1, 1000, 2400, 4799]) near(n, segment(0, 1, n / 4800, 1.5));
  near(4800, 1);
  for (const n of [1, 100, 4800]) near(4800 + n, segment(1, 0.4, n / 9600, fall));
  for (const n of [14400, 16000, 16800]) near(n, 0.4);
  for (const n of [1, 100, 3600]) near(16800 + n, segment(0.4, 0, n / 7200, fall));
  t.ok(
    left.subarray(24000).every((x) => x === 0),
    'silent at its end',
  );
});

/** Of the analog prototype under the bilinear transform. */
function filterGain(kind: string, hertz: number, cutoff: number, q: number): number {
  const w = Math.tan((Math.PI * hertz) / RATE) / Math.tan((Math.PI * cutoff) / RATE);
  const over = { 'low-pass': 1, 'band-pass': w / q, 'high-pass': w * w }[kind]!;
  return over / Math.hypot(1 - w * w, w / q);
}

t.test('the filter: -3.01 dB at its cutoff, and its analog response under the bilinear transform', async (t) => {
  const sine = { ...bare, wave1: 'sine' };
  for (const filter of ['low-pass', 'band-pass', 'high-pass'])
    for (const [cutoff, resonance] of [
      [440, 0.7071],
      [440, 8],
      [100, 0.7071],
      [2000, 2],
      [15000, 0.7071],
    ] as const) {
      const { left } = await play({ ...sine, filter, cutoff, resonance }, [on(69)], 14400);
      const found = db(amplitudeAt(left, 440, 4800));
      const wanted = db(filterGain(filter, 440, cutoff, resonance));
      t.ok(Math.abs(found - wanted) < 0.002, `${filter}, ${cutoff} Hz, Q ${resonance}: ${found} dB, wanted ${wanted}`);
      if (cutoff === 440 && resonance < 1 && filter !== 'band-pass') t.ok(Math.abs(found + 3.01) < 0.002, '-3.01 dB');
    }
});

t.test('the cutoff goes with keys, envelope, velocity and the slow sine', async (t) => {
  const sine = { ...bare, wave1: 'sine', filter: 'low-pass', cutoff: 300 };
  const gain = async (parameters: Parameters, velocity = 127) => {
    const { left } = await play({ ...sine, ...parameters }, [on(72, 0, velocity)], 14400);
    return db(amplitudeAt(left, hertzOf(72), 4800));
  };
  const wanted = (octaves: number) => db(filterGain('low-pass', hertzOf(72), 300 * 2 ** octaves, 0.7071));
  const near = (found: number, octaves: number, what: string) =>
    t.ok(Math.abs(found - wanted(octaves)) < 0.003, `${what}: ${found} dB, wanted ${wanted(octaves)}`);
  near(await gain({ keyTracking: 100 }), 1, 'keys');
  near(await gain({ keyTracking: 30 }), 0.3, 'a share of the keys');
  near(await gain({ filterAmount: 1.5, filterSustain: 50 }), 0.75, 'envelope');
  near(await gain({ filterAmount: -1 }), -1, 'envelope, down');
  near(await gain({ filterAmount: 2, velocityFilter: 100 }, 64), 2 * (64 / 127) ** 2, 'velocity');
  // a slow sine at its top for as long as is measured: a quarter of a cycle is 25 s
  const { left } = await play({ ...sine, lfoCutoff: 2, lfoRate: 0.01 }, [on(72)], 48000);
  near(db(amplitudeAt(left, hertzOf(72), 38400, 9600)), 2 * Math.sin((2 * Math.PI * 0.01 * 43200) / RATE), 'slow sine');
});

t.test('velocity: 40 log10(v / 127) dB, or a share of it', async (t) => {
  for (const velocityLevel of [0, 50, 100])
    for (const velocity of [1, 40, 127]) {
      const { left } = await play({ ...still, velocityLevel }, [on(0, 0, velocity)], 100);
      const wanted = (velocityLevel / 100) * 40 * Math.log10(velocity / 127);
      t.ok(Math.abs(db(left[50]!) - wanted) < 1e-4, `${velocityLevel} %, velocity ${velocity}: ${db(left[50]!)} dB`);
    }
});

t.test('pitch bend reaches its range both ways, on its channel alone, also for notes that come later', async (t) => {
  const sine = { ...bare, wave1: 'sine', bendRange: 7 };
  for (const [value, semitones] of [
    [16383, 7],
    [0, -7],
    [8192, 0],
  ] as const) {
    const wanted = hertzOf(69 + semitones);
    for (const events of [
      [on(69), bend(value)],
      [bend(value), on(69)],
    ]) {
      const { left } = await play(sine, events, 28800);
      const error = cents(frequencyAt(left, wanted, 4800), wanted);
      t.ok(Math.abs(error) < 0.1, `${semitones} semitones: ${error} cents`);
    }
  }
  const { left } = await play(sine, [on(69, 0, 127, 1), bend(16383)], 24000);
  t.ok(Math.abs(cents(frequencyAt(left, 440), 440)) < 0.05, 'another channel');
  const reset = await play(sine, [on(69), bend(16383), controller(121, 0, 100)], 28800);
  t.ok(Math.abs(cents(frequencyAt(reset.left, 440, 4800), 440)) < 0.05, 'reset of controllers');
});

t.test('vibrato: depth and rate, by itself and by the wheel', async (t) => {
  const sine = { ...bare, wave1: 'sine', lfoRate: 2, wheel: 100 };
  for (const [parameters, events, depth] of [
    [{ lfoPitch: 200 }, [on(69)], 200],
    [{}, [on(69), controller(1, 127)], 100],
    [{}, [controller(1, 127), on(69)], 100],
    [{ lfoPitch: 50 }, [on(69), controller(1, 64)], 50 + (100 * 64) / 127],
    [{ lfoPitch: 50 }, [on(69), controller(1, 64), controller(121, 0)], 50],
  ] as [Parameters, ProbeMidi[], number][]) {
    const { left } = await play({ ...sine, ...parameters }, events, 24000);
    for (const [from, swing] of [
      [6000, 1],
      [18000, -1],
    ] as const) {
      const top = hertzOf(69 + (swing * depth) / 100);
      // around the top, 20 ms to each side: the mean of the sine over the windows is a little below
      const error = cents(frequencyAt(left, top, from - 960, 960, 960), top);
      t.ok(Math.abs(error) < 0.02 * depth, `${depth} cents, frame ${from}: ${error}`);
    }
  }
});

t.test('the width of a pulse: its harmonics, and the slow sine moves it', async (t) => {
  const pulse = { ...bare, wave1: 'pulse', width1: 25 };
  const harmonic = (k: number, width: number) => {
    const x = (Math.PI * k * 440) / RATE;
    return (4 / (Math.PI * k)) * Math.abs(Math.sin(Math.PI * k * width)) * (Math.sin(x) / x) ** 2;
  };
  const { left } = await play(pulse, [on(69)], 12000);
  for (const k of [1, 2, 3, 4, 5]) {
    const found = amplitudeAt(left, 440 * k);
    t.ok(Math.abs(found - harmonic(k, 0.25)) < 1e-3, `harmonic ${k}: ${found}, wanted ${harmonic(k, 0.25)}`);
  }
  const swung = await play({ ...pulse, lfoWidth: 20, lfoRate: 0.01 }, [on(69)], 48000);
  const width = 0.25 + 0.2 * Math.sin((2 * Math.PI * 0.01 * 42000) / RATE);
  const found = amplitudeAt(swung.left, 880, 36000, 12000);
  t.ok(Math.abs(found - harmonic(2, width)) < 2e-3, `${found}, wanted ${harmonic(2, width)}`);
});

t.test('noise: its level, white, the same for the same seed', async (t) => {
  const noise = { ...bare, wave1: 'sine', noise: 0, level: -6 };
  const of = async (seed: bigint) => {
    const both = (await play(noise, [on(69)], 48000, { seed })).left;
    const sine = (await play({ ...noise, noise: -120 }, [on(69)], 48000, { seed })).left;
    return both.map((x, n) => x - sine[n]!);
  };
  const signal = await of(1n);
  const power = (lag: number) => signal.reduce((sum, x, n) => sum + x * (signal[n - lag] ?? 0), 0) / signal.length;
  // uniform: an RMS of 1 / sqrt 3
  t.ok(Math.abs(10 * Math.log10(power(0)) + 6 + 4.77) < 0.05, `${10 * Math.log10(power(0))} dB`);
  for (const lag of [1, 2, 7, 100]) t.ok(Math.abs(power(lag) / power(0)) < 0.025, `not like itself ${lag} frames later`);
  t.equal(distance(await of(1n), signal), 0);
  t.ok(distance(await of(2n), signal) > 0.1);
});

t.test('a note begins at its frame, and sounds the same wherever that is, in blocks of any size', async (t) => {
  await stockPlugin();
  const rich = { wave2: 'pulse', mix: 40, noise: -20, lfoPitch: 30, lfoWidth: 20, lfoCutoff: 1, glide: 30, spread: 80, voices: 3, fine2: 9 };
  const tune = (start: number): ProbeEvent[] => [
    on(60, start, 90),
    on(67, start + 333, 110),
    bend(12000, start + 500),
    on(71, start + 777, 60),
    controller(1, 100, start + 800),
    on(76, start + 1001, 127),
    off(60, start + 1500),
    off(71, start + 1501),
    { frame: start + 1600, parameter: 'cutoff', value: 4000 },
    { frame: start + 1700, parameter: 'wave1', value: 'triangle' },
    off(76, start + 2500),
    off(67, start + 2503),
    { frame: start + 2510, parameter: 'release', value: 20 },
  ];
  const frames = 24000;
  const reference = await play(rich, tune(0), frames);
  t.ok(reference.left.some((x) => Math.abs(x) > 0.05));
  t.ok(distance(reference.left, reference.right) > 0.01, 'voices have places');
  for (const start of [0, 1, 517])
    for (const block of [1024, 64, 480, [3, 1000, 17]]) {
      const { left, right } = await play(rich, tune(start), frames + start, { block });
      t.ok(
        left.subarray(0, start).every((x) => x === 0),
        `silence before frame ${start}`,
      );
      t.equal(distance(left.subarray(start), reference.left), 0, `from frame ${start}, blocks of ${block}: left`);
      t.equal(distance(right.subarray(start), reference.right), 0, 'right');
    }
});

t.test('after its notes it sleeps, exactly silent; a note after silence sounds as the first', async (t) => {
  const parameters = { release: 50, filterRelease: 50, lfoPitch: 20 };
  const events = [on(60), off(60, 1000), on(60, 9600), off(60, 10600)];
  const { left, statuses, voices } = await play(parameters, events, 16000, { block: 100 });
  t.equal(voices, 0);
  t.same(left.subarray(9600, 13600), left.subarray(0, 4000));
  t.ok(left.subarray(3500, 9600).every((x) => x === 0));
  t.same([statuses[0], statuses[20], statuses[60], statuses[97], statuses[159]], [3, 3, 4, 3, 4]);
});

t.test('pedal, all notes off, all sound off', async (t) => {
  const held = { ...bare, wave1: 'sine', release: 20 };
  const sounds = async (events: ProbeMidi[], frame: number) => {
    const { left } = await play(held, events, 9600);
    return left.subarray(frame, frame + 240).some((x) => Math.abs(x) > 0.1);
  };
  t.ok(await sounds([controller(64, 127), on(69), off(69, 1000)], 6000), 'the pedal holds');
  t.notOk(await sounds([controller(64, 127), on(69), off(69, 1000), controller(64, 0, 2000)], 3100), 'and lets go');
  t.notOk(await sounds([on(69), on(72), controller(123, 0, 1000)], 2100), 'all notes off');
  const cut = [controller(64, 127), on(69), off(69, 500), controller(120, 0, 1000)];
  const { left } = await play({ ...held, release: 5000 }, cut, 2000);
  t.ok(left.subarray(900, 1000).some((x) => Math.abs(x) > 0.5));
  t.ok(
    left.subarray(1240 + 16).every((x) => x === 0),
    'all sound off, within 5 ms',
  );
});

t.test('the next note takes the quietest released voice, then the oldest', async (t) => {
  const three = { ...bare, wave1: 'sine', voices: 3, release: 10000, level: -12 };
  const heard = async (events: ProbeMidi[]) => {
    const { left, voices } = await play(three, events, 24000);
    const notes = [48, 55, 64, 72].filter((note) => amplitudeAt(left, hertzOf(note), 9600, 14400) > 0.01);
    return { notes, voices };
  };
  const chord = [on(48), on(55, 10), on(64, 20)];
  t.same(await heard([...chord, on(72, 4800)]), { notes: [55, 64, 72], voices: 3 }, 'all are held: the oldest');
  t.same((await heard([...chord, off(55, 30), on(72, 4800)])).notes, [48, 64, 72], 'the released one');
  t.same((await heard([...chord, off(64, 30), off(55, 2400), on(72, 4800)])).notes, [48, 55, 72], 'released earlier, quieter');
  t.same((await heard([...chord, on(55, 4800)])).notes, [48, 55, 64], 'the same key takes its own');
});

t.test('glide: straight in octaves, in its time', async (t) => {
  const gliding = { ...bare, wave1: 'sine', mode: 'mono', glide: 500 };
  const { left } = await play(gliding, [on(57), on(69, 4800)], 43200);
  t.ok(Math.abs(cents(frequencyAt(left, 220, 0, 2400, 2400), 220)) < 0.1, 'the first note is where it is');
  for (const share of [0.25, 0.5, 0.75]) {
    const middle = 4800 + share * 24000;
    const wanted = 220 * 2 ** share;
    // 24 cents go by in a window of 10 ms; its middle is measured
    const error = cents(frequencyAt(left, wanted, middle - 480, 480, 480), wanted);
    t.ok(Math.abs(error) < 1, `${share} of the time: ${error} cents`);
  }
  t.ok(Math.abs(cents(frequencyAt(left, 440, 28800, 6000, 6000), 440)) < 0.05, 'there when its time is over');
});

t.test('mono plays the last key that is down and begins it anew; legato only changes the pitch', async (t) => {
  const envelope = { ...still, octave1: -3, attack: 50, sustain: 50, decay: 0 };
  // level at frames after a second key, at 2,400: the attack again, or the sustain going on
  const after = async (mode: string, events: ProbeMidi[]) => (await play({ ...envelope, mode }, events, 9600)).left;
  const mono = await after('mono', [on(0), on(1, 4800)]);
  t.ok(mono[7199]! > 0.99, 'again at its peak');
  const legato = await after('legato', [on(0), on(1, 4800)]);
  t.ok(
    legato.subarray(4800).every((x) => Math.abs(x - 0.5) < 1e-6),
    'no attack',
  );
  const again = await after('legato', [on(0), off(0, 4000), on(1, 4800)]);
  t.ok(again[7199]! > 0.99, 'no key was down');
  const sine = { ...bare, wave1: 'sine', mode: 'legato' };
  const { left, voices } = await play(sine, [on(57), on(69, 4800), off(69, 14400), off(57, 30000)], 40000);
  t.ok(amplitudeAt(left, 440, 4900, 9400) > 0.99 && amplitudeAt(left, 220, 4900, 9400) < 0.01);
  t.ok(amplitudeAt(left, 220, 14500, 15400) > 0.99, 'the key that is still down sounds again');
  t.equal(voices, 0);
});

t.test('another wave fades in, and gains move without a step', async (t) => {
  const low = { ...bare, wave1: 'sine', wave2: 'sine' };
  const changes: ProbeEvent[] = [
    on(33),
    { frame: 5000, parameter: 'wave1', value: 'triangle' },
    { frame: 10000, parameter: 'mix', value: 100 },
    { frame: 15000, parameter: 'level', value: -20 },
    { frame: 20000, parameter: 'filter', value: 'low-pass' },
  ];
  const { left } = await play(low, changes, 24000);
  let steepest = 0;
  for (let n = 100; n < 24000; n++) steepest = Math.max(steepest, Math.abs(left[n]! - left[n - 1]!));
  // 55 Hz: 2 pi 55 / 48000 = 0.0072 of the sine, and a way of at most 2 within 480 frames
  t.ok(steepest < 0.0072 + 0.0042, `${steepest}`);
});

t.test('spread: equal power, one voice to each side; one channel has all of them', async (t) => {
  const sine = { ...bare, wave1: 'sine', spread: 100 };
  const notes = [on(57), on(64)];
  const { left, right } = await play(sine, notes, 24000);
  t.ok(Math.abs(db(amplitudeAt(left, 220)) - 3.01) < 0.01 && amplitudeAt(right, 220) < 1e-3);
  t.ok(Math.abs(db(amplitudeAt(right, hertzOf(64))) - 3.01) < 0.01 && amplitudeAt(left, hertzOf(64)) < 1e-3);
  const mono = await play(sine, notes, 24000, { channels: 1 });
  for (const note of [57, 64]) t.ok(Math.abs(db(amplitudeAt(mono.left, hertzOf(note)))) < 0.01);
  const middle = await play({ ...sine, spread: 0 }, notes, 2400);
  t.same(middle.left, middle.right);
});

t.test('32 voices at once, in every preset, stay finite and end', async (t) => {
  const { models } = await stockPlugin();
  const model = models.find(({ id }) => id === 'audiocloud:synth')!;
  t.ok(model.presets!.length >= 8);
  for (const { id, parameters } of [{ id: 'default', parameters: {} }, ...model.presets!]) {
    const chord = [48, 60, 67].map((note) => on(note, 0, 100));
    const { left } = await play(parameters as Parameters, chord, 48000);
    const peak = left.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    t.ok(peak > 0.05 && peak < 1, `${id}: a chord has a peak of ${db(peak)} dBFS`);
    const many = Array.from({ length: 32 }, (_, n) => on(36 + 2 * n, n * 10, 127));
    const { left: full, voices } = await play(
      { ...(parameters as Parameters), voices: 32, release: 100, filterRelease: 100 },
      [...many, controller(123, 0, 9600)],
      16000,
      { block: 128 },
    );
    t.ok(full.every(Number.isFinite), id);
    t.equal(voices, 0, `${id}: it ends`);
  }
});
