import { type AudioData, allocateAudio, type ProbeEvent, STATUS } from '@audiocloud/engine';
import type { Value } from '@audiocloud/api';
import t from 'tap';
import { fitSine } from '../../test/sine-fit.ts';
import { magnitude } from '../testing/complex.ts';
import { responseAt } from '../testing/measured-response.ts';
import { db, distance, impulse, noise, sine } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

const RATE = 48000;
const PLACES = 32;

function sound(...channels: Float32Array[]): AudioData {
  const audio = allocateAudio(RATE, channels.length, channels[0]!.length);
  for (const [c, channel] of channels.entries()) audio.data[c]!.set(channel);
  return audio;
}

/** Values of the first places, and one for all others. */
const places = (values: Value[], others: Value): Value[] =>
  Array.from({ length: PLACES }, (_, i) => values[i] ?? others);

const on = (frame: number, key: number, velocity = 127, channel = 0) => ({
  frame,
  midi: [0x90 | channel, key, velocity],
});
const off = (frame: number, key: number, channel = 0) => ({ frame, midi: [0x80 | channel, key, 0] });
const control = (frame: number, controller: number, value: number) => ({ frame, midi: [0xb0, controller, value] });
/** -1 to 1 */
const bend = (frame: number, amount: number) => {
  const raw = 8192 + Math.round(amount * (amount < 0 ? 8192 : 8191));
  return { frame, midi: [0xe0, raw & 127, raw >> 7] };
};

interface Setting {
  media: (AudioData | undefined)[];
  parameters?: Record<string, Value | Value[]>;
  channels?: number;
  block?: number | number[];
}

/** What the sampler plays of some notes. */
async function play(
  { media, parameters = {}, channels = 1, block = 512 }: Setting,
  events: ProbeEvent[],
  frames: number,
) {
  const sampler = await probe('sampler', { media, parameters, widths: { out: channels } });
  const played = sampler.render([], { block, events: events.toSorted((a, b) => a.frame - b.frame), frames });
  sampler.dispose();
  return played;
}

/** The steepest step from one frame to the next. */
const steepest = (signal: Float32Array) =>
  signal.reduce((most, x, n) => (n ? Math.max(most, Math.abs(x - signal[n - 1]!)) : 0), 0);
const after = (output: Float32Array, frame: number) => output.subarray(frame);
const constant = (frames: number, value = 1) => new Float32Array(frames).fill(value);

t.test('the root key plays the sample itself, bit for bit, from the frame of the note on', async (t) => {
  const [left, right] = [noise(3000, 1), noise(3000, 2)];
  const delayed = (channel: Float32Array, gain = 1) => {
    const wanted = new Float32Array(4000);
    for (const [n, x] of channel.entries()) wanted[n + 37] = x * Math.fround(gain);
    return wanted;
  };
  const stereo = await play({ media: [sound(left, right)], channels: 2 }, [on(37, 60)], 4000);
  t.equal(distance(stereo.outputs[0]!, delayed(left)), 0, 'stereo, left');
  t.equal(distance(stereo.outputs[1]!, delayed(right)), 0, 'stereo, right');
  const mono = await play({ media: [sound(left)], channels: 2 }, [on(37, 60)], 4000);
  for (const output of mono.outputs)
    t.equal(distance(output, delayed(left, Math.SQRT1_2)), 0, 'mono in the middle: -3.01 dB on each side');
  t.equal(
    distance((await play({ media: [sound(left)] }, [on(37, 60)], 4000)).outputs[0]!, delayed(left)),
    0,
    'mono alone',
  );
  const both = (await play({ media: [sound(left, right)] }, [on(37, 60)], 4000)).outputs[0]!;
  t.ok(distance(both, delayed(left.map((x, n) => (x + right[n]!) / 2))) < 1e-7, 'stereo in one channel: the mean');
});

t.test(
  'keys, tune, bend and key tracking: the frequency within 0.1 cent, the level within 0.05 dB, no images',
  async (t) => {
    const media = [sound(sine(16 * 9000, 440, RATE, 0.5))];
    const cases: [key: number, semitones: number, parameters?: Record<string, number>, bent?: number][] = [
      ...[21, 33, 45, 60, 68, 70, 74, 81, 88, 93, 103, 105, 117].map((key): [number, number] => [key, key - 69]),
      [69, 0.375, { tune: 37.5 }],
      [72, 3 - 12, { tune: -1200 }],
      [69, 2, {}, 1],
      [69, -3.5, { bendRange: 7 }, -0.5],
      [81, 6, { tracking: 50 }],
      [90, 0, { tracking: 0 }],
      [127, 48, { root: 60 }], // 67 semitones up are more than 16 times as fast
    ];
    for (const [key, semitones, parameters = {}, bent] of cases) {
      const events = [...(bent === undefined ? [] : [bend(0, bent)]), on(20, key)];
      const setting = { media, parameters: { root: 69, ...parameters } };
      const output = (await play(setting, events, 9000)).outputs[0]!.subarray(400, 8800);
      const hertz = 440 * 2 ** (semitones / 12);
      const { frequencyHz, amplitude, residualDb } = fitSine(output, RATE, hertz);
      const text = `key ${key} ${JSON.stringify(parameters)} ${bent ?? ''}`;
      t.ok(Math.abs(1200 * Math.log2(frequencyHz / hertz)) < 0.1, `${text}: ${frequencyHz} Hz, wanted ${hertz}`);
      t.ok(Math.abs(db(amplitude / 0.5)) < 0.05, `${text}: ${db(amplitude / 0.5)} dB`);
      t.ok(residualDb < -90, `${text}: ${residualDb} dB beside it`);
    }
  },
);

t.test(
  'high sines: flat up to 0.3 of the rate that they are heard at (0.16 beyond two octaves), and what is too high makes no alias',
  async (t) => {
    for (const key of [55, 62, 64, 67, 72, 79, 84, 96]) {
      const speed = 2 ** ((key - 60) / 12);
      const hertz = Math.min(0.4, (speed > 4 ? 0.16 : 0.3) / speed) * RATE;
      const output = (await play({ media: [sound(sine(40000, hertz, RATE))] }, [on(0, key)], 4000)).outputs[0]!;
      const { amplitude, residualDb } = fitSine(output.subarray(500), RATE, hertz * speed);
      t.ok(Math.abs(db(amplitude)) < 0.05, `key ${key}, ${hertz} Hz: ${db(amplitude)} dB`);
      t.ok(residualDb < -90, `key ${key}, ${hertz} Hz: ${residualDb} dB beside it`);
      if (0.6 / speed > 0.5) continue;
      for (const cycles of [0.6 / speed, 0.3 / speed + 0.25, 0.499]) {
        const media = [sound(sine(40000, cycles * RATE, RATE))];
        const alias = (await play({ media }, [on(0, key)], 2500)).outputs[0]!.subarray(500);
        const rms = Math.sqrt(alias.reduce((sum, x) => sum + x * x, 0) / alias.length);
        t.ok(db(rms * Math.SQRT2) < -90, `key ${key}, ${cycles * RATE} Hz: alias ${db(rms * Math.SQRT2)} dB`);
      }
    }
  },
);

t.test('keys and velocities of places; those that overlap sound together', async (t) => {
  const media = Array.from({ length: 6 }, (_, i) => (i === 4 ? undefined : sound(constant(100, 2 ** -i))));
  const parameters = {
    lowKey: places([0, 40, 60, 60, 0], 0),
    highKey: places([127, 59, 60, 90, 127], 127),
    lowVelocity: places([1, 1, 1, 64, 1, 1], 1),
    highVelocity: places([127, 127, 63, 127, 127, 10], 127),
    tracking: 0,
    velocity: 0,
  };
  for (const [key, velocity, heard] of [
    [20, 127, [0]],
    [40, 127, [0, 1]],
    [59, 1, [0, 1, 5]],
    [60, 63, [0, 2]],
    [60, 64, [0, 3]],
    [90, 127, [0, 3]],
    [91, 10, [0, 5]],
    [91, 11, [0]],
  ] as const) {
    const { outputs, reports } = await play({ media, parameters }, [on(0, key, velocity)], 64);
    const wanted = heard.reduce<number>((sum, i) => sum + 2 ** -i, 0);
    t.equal(outputs[0]![10], wanted, `key ${key} at ${velocity}: places ${heard.join(', ')}`);
    t.same(reports['voices'], [heard.length]);
  }
});

t.test('a loop: frame by frame what the formula says, for as long as the key is down', async (t) => {
  const x = noise(5000, 7);
  const [start, end, fade] = [1200, 3000, 480];
  const parameters = { mode: 'loop', loopStart: start / RATE, loopEnd: end / RATE, crossfade: (1000 * fade) / RATE };
  const output = (await play({ media: [sound(x)], parameters }, [on(0, 60)], 30000)).outputs[0]!;
  const wanted = output.map((_, n) => {
    const i = n < end ? n : start + ((n - start) % (end - start));
    const left = end - i;
    return left < fade ? (x[i]! * left + x[i - (end - start)]! * (fade - left)) / fade : x[i]!;
  });
  t.ok(distance(output, wanted) < 3e-7, `${distance(output, wanted)}`);
  t.ok(distance(output.subarray(20000, 21800), output.subarray(21800, 23600)) === 0, 'a turn is as long as it says');
  const straight = (await play({ media: [sound(x)], parameters: { ...parameters, crossfade: 0 } }, [on(0, 60)], 9000))
    .outputs[0]!;
  t.equal(distance(straight.subarray(0, 3000), x.subarray(0, 3000)), 0);
  t.equal(distance(straight.subarray(3000, 4800), x.subarray(1200, 3000)), 0, 'without a crossfade: bit for bit');
  const none = { ...parameters, loopStart: 0.5 };
  t.ok(
    after((await play({ media: [sound(x)], parameters: none }, [on(0, 60)], 6000)).outputs[0]!, 5000).every(
      (y) => y === 0,
    ),
    'no loop where its start is behind the end',
  );
});

t.test(
  'the seam of a loop makes no step: a crossfade is as steep as the sound, a loop of whole cycles is a sine',
  async (t) => {
    const parameters = { mode: 'loop', loopStart: 0.1, loopEnd: 0.15037, crossfade: 20, root: 60 };
    const media = [sound(sine(9000, 441.7, RATE))];
    for (const key of [60, 55, 67]) {
      const own = 2 * Math.PI * (441.7 / RATE) * 2 ** ((key - 60) / 12);
      const output = after((await play({ media, parameters }, [on(0, key)], 30000)).outputs[0]!, 50);
      t.ok(steepest(output) < 1.02 * own, `key ${key}: ${steepest(output) / own} of its own`);
      const hard = (await play({ media, parameters: { ...parameters, crossfade: 0 } }, [on(0, key)], 30000))
        .outputs[0]!;
      t.ok(steepest(hard) > 3 * own, `key ${key}: without a crossfade there is one`);
    }
    // one cycle of 100 frames, read 1.5 times as fast for ten seconds: every tap of the filter is in another turn
    const cycle = { mode: 'loop', loopStart: 0.0625, loopEnd: 0.0625 + 100 / RATE, tune: 1200 * Math.log2(1.5) };
    const output = (await play({ media: [sound(sine(4000, 480, RATE))], parameters: cycle }, [on(0, 60)], 480000))
      .outputs[0]!;
    const { frequencyHz, residualDb } = fitSine(output.subarray(470000), RATE, 720);
    t.ok(Math.abs(1200 * Math.log2(frequencyHz / 720)) < 0.01, `${frequencyHz} Hz`);
    t.ok(residualDb < -90, `${residualDb} dB beside it`);
    t.ok(Math.abs(output[479000]! - Math.sin((2 * Math.PI * 720 * 479000) / RATE)) < 1e-3, 'and its phase after 10 s');
  },
);

t.test(
  'one-shot: to its end whatever the key does; held: until the key is up; loop: through the release',
  async (t) => {
    const media = [sound(constant(6000))];
    const [events, frames] = [[on(0, 60), off(1000, 60)], 8000];
    const at = async (mode: string) =>
      (await play({ media, parameters: { mode, release: 20 } }, events, frames)).outputs[0]!;
    const oneShot = await at('one-shot');
    t.ok(oneShot.subarray(0, 6000).every((x) => x === 1) && after(oneShot, 6000).every((x) => x === 0), 'one-shot');
    const held = await at('held');
    t.ok(
      held.subarray(0, 1001).every((x) => x === 1),
      'held',
    );
    // 960 frames down, 60 dB of its way: dsp/adsr.as.ts
    const left = 1 - (1 - Math.exp((-Math.log(1000) * 480) / 960)) / (1 - 1e-3);
    t.ok(Math.abs(held[1480]! - left) < 1e-6, `${held[1480]} half way down, wanted ${left}`);
    t.ok(
      after(held, 1960).every((x) => x === 0),
      'then nothing',
    );
    const long = { media: [sound(constant(800))], parameters: { mode: 'loop', release: 20 } };
    t.equal(
      distance((await play(long, events, frames)).outputs[0]!, held),
      0,
      'a loop goes round until nothing is left',
    );
  },
);

t.test('attack, decay and sustain by formula; velocity by its law', async (t) => {
  const parameters = { attack: 10, decay: 100, sustain: 25, velocity: 50 };
  const velocity = 64;
  const peak = 64 / 127;
  const output = (await play({ media: [sound(constant(9000))], parameters }, [on(0, 60, velocity)], 9000)).outputs[0]!;
  const way = (from: number, to: number, bend: number, share: number) =>
    from + ((to - from) * (1 - Math.exp(-bend * share))) / (1 - Math.exp(-bend));
  t.equal(output[0], 0);
  t.ok(Math.abs(output[240]! - way(0, peak, 1.5, 0.5)) < 1e-6, 'half way up');
  t.ok(Math.abs(output[480]! - peak) < 1e-6, '20 log10(64 / 127) dB at 50 %');
  t.ok(Math.abs(output[480 + 1200]! - way(peak, 0.25 * peak, Math.log(1000), 0.25)) < 1e-6, 'a quarter down');
  t.ok(Math.abs(output[6000]! - 0.25 * peak) < 1e-6, 'sustain');
});

t.test(
  'a choke group ends what sounded in it, within 5 ms and without a step; layers of one note do not',
  async (t) => {
    const media = [0.5, 0.25, 0.125, 1].map((level) => sound(constant(20000, level)));
    const parameters = {
      lowKey: places([60, 61, 61, 62], 0),
      highKey: places([60, 61, 61, 62], 127),
      mode: 'one-shot',
      tracking: 0,
      choke: places([3, 3, 3, 2], 0),
      attack: 5,
    };
    const events = [on(0, 62), on(0, 60), on(4000, 61)];
    const output = (await play({ media, parameters }, events, 8000)).outputs[0]!;
    t.equal(output[3999], 1.5);
    t.equal(output[4240], 1.375, 'after 240 frames the new one alone, with its layer; the other group goes on');
    t.ok(steepest(output) < 0.013, `${steepest(output)}: no step`); // 1.5 in 240 frames, bent by 1.93 at its steepest
    const again = (await play({ media, parameters }, [on(0, 60), on(4000, 60)], 8000)).outputs[0]!;
    t.equal(again[4240], 0.5, 'a place chokes itself');
  },
);

t.test('the pedal holds; a key that comes again lets go; all sound off cuts', async (t) => {
  const media = [sound(constant(48000))];
  const parameters = { release: 10 };
  const at = async (events: ProbeEvent[], more: Record<string, Value> = {}) =>
    (await play({ media, parameters: { ...parameters, ...more } }, events, 8000)).outputs[0]!;
  const pedal = await at([control(0, 64, 127), on(0, 60), off(1000, 60), control(4000, 64, 0)]);
  t.equal(pedal[3999], 1);
  t.equal(pedal[4480], 0);
  const again = await at([control(0, 64, 127), on(0, 60), on(2000, 60)]);
  t.equal(again[2480], 1, 'one voice of the key is left');
  const shots = await at([on(0, 60), on(2000, 60)], { mode: 'one-shot' });
  t.equal(shots[2480], 2, 'one-shots go on');
  t.equal((await at([on(0, 60), control(2000, 120, 0)], { mode: 'one-shot' }))[2240], 0, 'all sound off');
  t.equal((await at([on(0, 60), control(2000, 123, 0)]))[2480], 0, 'all notes off');
  t.equal((await at([on(0, 60, 127, 3), off(1000, 60, 2)]))[2480], 1, 'channels are apart');
});

t.test('start and end: these frames and no others', async (t) => {
  const x = noise(5000, 9);
  const parameters = { start: 700 / RATE, end: 2300 / RATE };
  const output = (await play({ media: [sound(x)], parameters }, [on(0, 60)], 4000)).outputs[0]!;
  t.equal(distance(output.subarray(0, 1600), x.subarray(700, 2300)), 0);
  t.ok(after(output, 1600).every((y) => y === 0));
  const beyond = (await play({ media: [sound(x)], parameters: { start: 1 } }, [on(0, 60)], 4000)).outputs[0]!;
  t.ok(
    beyond.every((y) => y === 0),
    'a start behind the sound',
  );
});

t.test('pan: constant power for mono, balance for stereo; level', async (t) => {
  for (const pan of [-1, -0.5, 0, 0.3, 1]) {
    const parameters = { pan, level: -6, output: 2 };
    const angle = ((pan + 1) * Math.PI) / 4;
    const gain = 10 ** (-4 / 20);
    const mono = await play({ media: [sound(constant(100))], parameters, channels: 2 }, [on(0, 60)], 64);
    const stereo = await play(
      { media: [sound(constant(100), constant(100, 0.5))], parameters, channels: 2 },
      [on(0, 60)],
      64,
    );
    const found = [mono, stereo].flatMap(({ outputs }) => outputs.map((output) => output[50]!));
    const wanted = [Math.cos(angle), Math.sin(angle), Math.min(1, 1 - pan), 0.5 * Math.min(1, 1 + pan)];
    t.ok(
      distance(
        found,
        wanted.map((x) => x * gain),
      ) < 1e-6,
      `pan ${pan}: ${found}`,
    );
  }
});

t.test('the filter: its gain at the cutoff is q, which soft notes lower by octaves', async (t) => {
  const media = [sound(impulse(9000))];
  for (const [q, velocity, octaves] of [
    [Math.SQRT1_2, 127, 2],
    [4, 127, 0],
    [2, 64, 3],
  ] as const) {
    const parameters = { filter: true, cutoff: 2000, q, filterVelocity: octaves, velocity: 0 };
    const cutoff = 2000 * 2 ** (-octaves * (1 - velocity / 127));
    const output = (await play({ media, parameters }, [on(0, 60, velocity)], 8000)).outputs[0]!;
    const at = (hertz: number) => magnitude(responseAt(output, hertz, RATE));
    t.ok(Math.abs(db(at(cutoff) / q)) < 0.01, `q ${q}, velocity ${velocity}: ${db(at(cutoff) / q)} dB at ${cutoff} Hz`);
    t.ok(Math.abs(db(at(20))) < 0.01, 'nothing lost below');
    // the analog low-pass at the frequency that the bilinear transform moves there
    const ratio = Math.tan((Math.PI * 3 * cutoff) / RATE) / Math.tan((Math.PI * cutoff) / RATE);
    const analog = 1 / Math.hypot(1 - ratio * ratio, ratio / q);
    t.ok(Math.abs(db(at(3 * cutoff) / analog)) < 0.05, `12 dB per octave: ${db(at(3 * cutoff))} dB`);
  }
});

t.test('a voice that is stolen fades without a step, and the new one starts at its frame', async (t) => {
  const media = [sound(sine(96000, 300, RATE))];
  const own = 2 * Math.PI * (300 / RATE);
  const events = Array.from({ length: 40 }, (_, i) => on(500 * i, 40 + ((7 * i) % 30)));
  for (const polyphony of [1, 3]) {
    const { outputs, reports } = await play({ media, parameters: { polyphony, tracking: 0 } }, events, 22000);
    // each voice is as steep as its sine; one that fades within 240 frames falls by 1.5 / 0.777 / 240 a frame more
    const bound = (polyphony + 1) * own + 0.01;
    t.ok(steepest(outputs[0]!) < bound, `${polyphony}: ${steepest(outputs[0]!)}, ${bound} wanted`);
    t.same(reports['voices'], [polyphony]);
  }
  const two = [on(0, 60), on(1000, 61)];
  const single = (await play({ media, parameters: { polyphony: 1, tracking: 0 } }, two, 3000)).outputs[0]!;
  t.ok(distance(single.subarray(1240, 3000), media[0]!.data[0]!.subarray(240, 2000)) === 0, 'the new one alone');
});

t.test('the same in blocks of any size, with everything moving', async (t) => {
  const media = [sound(noise(20000, 1), noise(20000, 2)), sound(noise(9000, 3)), sound(sine(4800, 200, RATE))];
  const parameters = {
    mode: places(['held', 'one-shot', 'loop'], 'held'),
    loopStart: 0.02,
    loopEnd: 0.09,
    crossfade: 15,
    choke: places([0, 1, 0], 0),
    attack: 3,
    release: 40,
    polyphony: 5,
    filter: true,
    cutoff: 4000,
    filterVelocity: 2,
  };
  const events: ProbeEvent[] = [
    on(100, 60, 90),
    bend(333, 0.5),
    on(700, 72, 40),
    { frame: 1000, parameter: 'tune', index: 0, value: 300 },
    on(1203, 55, 127),
    { frame: 1500, parameter: 'pan', value: -0.7 },
    { frame: 1555, parameter: 'cutoff', value: 800 },
    off(2000, 60),
    on(2100, 84, 100),
    bend(2222, -1),
    { frame: 2300, parameter: 'output', value: -9 },
    on(2400, 60, 100),
    { frame: 2500, parameter: 'polyphony', value: 3 },
    on(3001, 61, 70),
    off(3300, 84),
    { frame: 3400, parameter: 'sustain', value: 40 },
    off(4500, 72),
  ];
  const render = async (block: number | number[]) =>
    (await play({ media, parameters, channels: 2, block }, events, 6000)).outputs;
  const reference = await render(1024);
  t.ok(reference.every((output) => output.some((x) => Math.abs(x) > 0.1)));
  for (const block of [1, 37, [500, 3, 64]]) {
    const outputs = await render(block);
    t.equal(Math.max(...outputs.map((output, c) => distance(output, reference[c]!))), 0, `blocks of ${block}`);
  }
});

t.test('tune, bend, level and pan move without a step', async (t) => {
  const media = [sound(sine(48000, 200, RATE))];
  const events: ProbeEvent[] = [
    on(0, 60),
    bend(2000, 1),
    { frame: 4000, parameter: 'level', value: -20 },
    { frame: 6000, parameter: 'pan', value: 1 },
    { frame: 8000, parameter: 'output', value: 6 },
    { frame: 10000, parameter: 'tune', value: -500 },
    { frame: 12000, parameter: 'level', value: 0 },
  ];
  const { outputs } = await play({ media, channels: 2 }, events, 15000);
  const own = 2 * Math.PI * (200 / RATE);
  // the fastest fade is 1 to 2 within 480 frames
  for (const output of outputs) t.ok(steepest(output) < 2 * own * 1.13 + 2 / 480, `${steepest(output)}`);
});

t.test(
  'sleeps when no voice sounds; places without media are silent; its media stay as they are, for all',
  async (t) => {
    const piece = sound(noise(1000, 5));
    const sampler = await probe('sampler', { media: [undefined, piece], parameters: { lowKey: places([0, 50], 0) } });
    const other = await probe('sampler', { media: [piece], memory: sampler.memory });
    const status = (events: ProbeEvent[] = [], frames = 1024) => sampler.process([], frames, events).status;
    t.equal(status(), STATUS.sleep, 'before a note');
    t.equal(status([on(0, 40)]), STATUS.tail);
    t.equal(status(), STATUS.sleep, 'a key of a place without media');
    t.not(status([on(100, 60)]), STATUS.sleep);
    t.not(status(), STATUS.sleep, 'its last frames');
    t.equal(status(), STATUS.sleep, 'after it');
    const [one, two] = [sampler, other].map((instance) => instance.process([], 1024, [on(0, 60)]).outputs[0]!);
    t.equal(distance(one!, two!), 0, 'two instances read one piece');
    t.ok(one!.subarray(0, 1000).some((x) => x !== 0));
    sampler.dispose();
    t.equal(distance(other.process([], 1000, [on(0, 60)]).outputs[0]!.subarray(0, 10), two!.subarray(0, 10)), 0);
  },
);

t.test('more notes at one frame than there are voices; samples that are no numbers', async (t) => {
  const media = Array.from({ length: PLACES }, (_, i) => sound(constant(4000, 2 ** -(i % 8))));
  const sampler = await probe('sampler', { media, widths: { out: 1 } });
  const chord = Array.from({ length: 128 }, (_, i) => on(0, i));
  t.same(sampler.process([], 1, chord).reports['voices'], [32], 'as many as there are, in a block of one frame');
  t.same(sampler.process([], 1, chord).reports['voices'], [32]);
  sampler.dispose();
  const broken = constant(1000).map((x, n) => (n === 500 ? Number.NaN : n === 600 ? Number.POSITIVE_INFINITY : x));
  for (const [key, reach] of [
    [60, 0],
    [55, 24],
  ] as const) {
    const parameters = { filter: true, cutoff: 20000 };
    const { outputs } = await play(
      { media: [sound(broken)], parameters: key === 55 ? parameters : {} },
      [on(0, key)],
      900,
    );
    const speed = 2 ** ((key - 60) / 12);
    t.ok(outputs[0]!.every(Number.isFinite), `key ${key}: finite`);
    t.ok(Math.abs(outputs[0]![Math.ceil(500 / speed) - reach - 1]! - 1) < 1e-3, 'whole before');
    t.ok(Math.abs(outputs[0]![Math.ceil(600 / speed) + reach + 60]! - 1) < 1e-3, 'and behind it');
  }
});
