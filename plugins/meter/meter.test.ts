import type { Probe, ProbeEvent } from '@audiocloud/engine';
import t from 'tap';
import { integratedOf, loudnessOfSine } from '../testing/loudness.ts';
import { frequencies } from '../testing/measured-response.ts';
import { db, noise, sine } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

const TECH_3341 = 0.1; // LU: what EBU Tech 3341 allows in each of its cases
// A K weighting in single precision is within 1e-4 dB, one in the wrong place by 0.1 % of a coefficient is not within this.
const CURVE_LU = 0.002;
const SILENT_LUFS = -120;

/** Parts of a sine of 1,000 Hz, one after the other: [seconds, peak in dBFS], ... Each begins at zero. */
function tones(sampleRate: number, ...parts: (readonly [number, number])[]): Float32Array {
  // whole milliseconds are whole cycles: the phase runs on
  const cycle = Array.from({ length: sampleRate }, (_, n) => Math.sin((2 * Math.PI * 1000 * n) / sampleRate));
  const ends: number[] = [];
  for (const [seconds] of parts) ends.push((ends.at(-1) ?? 0) + seconds);
  const signal = new Float32Array(Math.round(ends.at(-1)! * sampleRate));
  let n = 0;
  for (const [i, [, levelDb]] of parts.entries()) {
    const amplitude = 10 ** (levelDb / 20);
    for (const end = Math.round(ends[i]! * sampleRate); n < end; n++) signal[n] = amplitude * cycle[n % sampleRate]!;
  }
  return signal;
}

const SILENCE = Number.NEGATIVE_INFINITY;

interface Reading {
  /** When the block ended. */
  seconds: number;
  momentary: number;
  shortTerm: number;
  integrated: number;
  peak: number[];
  rms: number[];
}

/** What the meter says after each block. */
function readings(meter: Probe, sampleRate: number, inputs: Float32Array[], block = 480, events: ProbeEvent[] = []) {
  const frames = inputs[0]!.length;
  const list: Reading[] = [];
  for (let start = 0; start < frames; start += block) {
    const end = Math.min(frames, start + block);
    const { reports } = meter.process(
      inputs.map((input) => input.subarray(start, end)),
      end - start,
      events
        .filter(({ frame }) => frame >= start && frame < end)
        .map((event) => ({ ...event, frame: event.frame - start })),
    );
    const { momentary, shortTerm, integrated, peak, rms } = reports as Record<string, [number]>;
    list.push({
      seconds: end / sampleRate,
      momentary: momentary![0],
      shortTerm: shortTerm![0],
      integrated: integrated![0],
      peak: peak!,
      rms: rms!,
    });
  }
  return list;
}

async function measure(sampleRate: number, inputs: Float32Array[], block = 480) {
  const meter = await probe('meter', { sampleRate, widths: { in: inputs.length } });
  return readings(meter, sampleRate, inputs, block);
}

const stereo = (signal: Float32Array) => [signal, signal];
const highest = (list: Reading[], key: 'momentary' | 'shortTerm') => Math.max(...list.map((reading) => reading[key]));
const off = (found: number, wanted: number) => Math.abs(found - wanted);

t.test('the K weighting is the printed one at 30 frequencies and 3 sample rates', async (t) => {
  for (const sampleRate of [48000, 44100, 96000]) {
    const meter = await probe('meter', { sampleRate, widths: { in: 1 } });
    for (const about of frequencies(30, 20, 20000)) {
      const hertz = Math.round(about / 2.5) * 2.5; // 400 ms hold whole cycles
      meter.reset();
      const { momentary } = readings(meter, sampleRate, [sine(sampleRate, hertz, sampleRate, 0.5)]).at(-1)!;
      const wanted = loudnessOfSine(hertz, db(0.5));
      // an analog curve moved to another rate is not quite that of 48,000 Hz: 0.006 dB at most, at the slope of the shelf
      const tolerance = sampleRate === 48000 ? CURVE_LU : CURVE_LU + 0.006;
      t.ok(off(momentary, wanted) < tolerance, `${hertz} Hz at ${sampleRate}: ${momentary} LUFS, wanted ${wanted}`);
    }
  }
});

t.test('a sine of 997 Hz at full scale in one channel is -3.01 LUFS', async (t) => {
  // BS.1770-4, annex 1: the sentence by which implementations are calibrated
  const { integrated } = (await measure(48000, [sine(96000, 997, 48000)])).at(-1)!;
  t.ok(off(integrated, -3.01) < 0.005, `${integrated} LUFS`);
});

t.test('the windows are 400 ms and 3 s, and silence before the start counts', async (t) => {
  const list = await measure(48000, stereo(tones(48000, [4, -20], [4, SILENCE])));
  const full = loudnessOfSine(1000, -20) + 10 * Math.log10(2);
  // how much of a window that ends at `end` the tone fills
  const share = (window: number, end: number) => Math.max(0, Math.min(end, window, 4 + window - end)) / window;
  for (const { seconds, momentary, shortTerm } of list) {
    for (const [what, found, filled] of [
      ['momentary', momentary, share(0.4, seconds)], // renewed every 10 ms, as long as these blocks
      ['short-term', shortTerm, share(3, Math.floor(seconds * 10 + 1e-6) / 10)], // renewed every 100 ms
    ] as const) {
      const wanted = full + 10 * Math.log10(filled);
      // 0.1: the filter rings on when the tone ends
      if (filled > 0.1 && !(off(found, wanted) < 0.1)) t.fail(`${what} at ${seconds} s: ${found}, wanted ${wanted}`);
    }
  }
  const at = (seconds: number) => list.find((reading) => off(reading.seconds, seconds) < 1e-9)!;
  t.ok(off(at(0.2).momentary, full - 3.01) < 0.05, 'half of the 400 ms');
  t.ok(off(at(1.5).shortTerm, full - 3.01) < 0.05, 'half of the 3 s');
  t.ok(off(at(4.3).momentary, full - 6.02) < 0.05, 'the last quarter of the 400 ms');
  t.equal(at(4.5).momentary, SILENT_LUFS);
  t.equal(at(7.2).shortTerm, SILENT_LUFS);
  t.equal(at(0.3).integrated, SILENT_LUFS, 'nothing before the first block of 400 ms');
  t.ok(off(at(0.4).integrated, full) < 0.05, 'the first block');
});

t.test('gating, absolute and relative', async (t) => {
  const level = loudnessOfSine(1000, 0) + 10 * Math.log10(2); // of a stereo tone at full scale
  for (const [what, ...parts] of [
    ['all below -70 LUFS is nothing', [5, -70.3]],
    ['just above -70 LUFS counts', [5, -69.7]],
    ['what is below -70 LUFS does not count', [2, -23], [9, -71]],
    ['11 LU below the mean does not count', [6, -23], [6, -36.8]],
    ['9 LU below the mean counts', [6, -23], [6, -34.8]],
    ['the gate lies below the mean of what is above -70 LUFS, not of all', [3, -23], [6, -30], [12, -80]],
    ['three levels', [4, -20], [8, -28], [8, -38]],
  ] as [string, ...[number, number][]][]) {
    const { integrated } = (await measure(48000, stereo(tones(48000, ...parts)))).at(-1)!;
    const wanted = integratedOf(parts.flatMap(([seconds, db]) => Array<number>(seconds * 10).fill(level + db)));
    if (Number.isNaN(wanted)) t.equal(integrated, SILENT_LUFS, what);
    else t.ok(off(integrated, wanted) < 0.02, `${what}: ${integrated} LUFS, wanted ${wanted}`); // the filter rings on
  }
});

t.test('channels: six are L, R, C, LFE, Ls, Rs, any other number weigh alike', async (t) => {
  const frames = 48000;
  const tone = tones(48000, [1, -20]);
  const one = loudnessOfSine(1000, -20);
  for (const [width, channel, gainDb] of [
    [1, 0, 0],
    [2, 1, 0],
    [5, 4, 0],
    [6, 0, 0],
    [6, 1, 0],
    [6, 2, 0],
    [6, 4, 10 * Math.log10(1.41)],
    [6, 5, 10 * Math.log10(1.41)],
    [8, 7, 0],
    [32, 31, 0],
  ] as const) {
    const inputs = Array.from({ length: width }, (_, c) => (c === channel ? tone : new Float32Array(frames)));
    const { momentary } = (await measure(48000, inputs)).at(-1)!;
    t.ok(off(momentary, one + gainDb) < CURVE_LU, `channel ${channel} of ${width}: ${momentary} LUFS`);
  }
  const lfe = Array.from({ length: 6 }, (_, c) => (c === 3 ? tone : new Float32Array(frames)));
  const reading = (await measure(48000, lfe)).at(-1)!;
  t.equal(reading.momentary, SILENT_LUFS, 'the LFE is not in the loudness');
  t.ok(off(reading.peak[3]!, -20) < 0.01, 'but in the levels');
});

t.test('the sound passes bit by bit', async (t) => {
  const input = [noise(5000, 1), noise(5000, 2), noise(5000, 3)];
  t.same((await probe('meter', { widths: { in: 3 } })).render(input, { block: [480, 7, 1024] }).outputs, input);
});

t.test('peak: at once up, 20 dB a second down, each channel its own', async (t) => {
  const inputs = [0.5, 0.001].map((x, c) => {
    const signal = new Float32Array(96000);
    signal[4800 + 100 * c] = -x;
    return signal;
  });
  const list = await measure(48000, inputs);
  for (const { seconds, peak } of list) {
    for (const [c, x] of [0.5, 0.001].entries()) {
      const wanted = seconds < 0.105 ? -140 : Math.max(-140, db(x) - 20 * (seconds - 0.11));
      if (!(off(peak[c]!, wanted) < 0.001)) t.fail(`channel ${c} at ${seconds} s: ${peak[c]} dBFS, wanted ${wanted}`);
    }
  }
  t.ok(off(list.at(-1)!.peak[0]!, db(0.5) - 37.8) < 0.001, 'two seconds later');
});

t.test('RMS: -3.01 dB of a sine, 63.2 % of a step of power in 300 ms', async (t) => {
  for (const sampleRate of [44100, 48000, 96000]) {
    const list = await measure(
      sampleRate,
      [tones(sampleRate, [4, -10], [2, SILENCE]), tones(sampleRate, [6, -40])],
      500,
    );
    for (const { seconds, rms } of list) {
      // blocks hold no whole number of cycles: 1 part in 300 of the power wavers at the start
      const rise = (time: number) => 1 - Math.exp(-time / 0.3);
      const share = seconds <= 4 ? rise(seconds) : rise(4) * Math.exp(-(seconds - 4) / 0.3);
      const whole = seconds <= 4 || seconds - 4 > 0.02;
      const wanted = -13.01 + 10 * Math.log10(share);
      if (whole && seconds > 0.02 && !(off(rms[0]!, wanted) < 0.1))
        t.fail(`${rms[0]} at ${seconds} s, wanted ${wanted}`);
    }
    t.ok(off(list.at(-1)!.rms[1]!, -43.01) < 0.01, `${sampleRate} Hz: ${list.at(-1)!.rms[1]} dBFS`);
  }
});

t.test('restart begins a new integrated measure of what comes after it; the windows go on', async (t) => {
  const loudness = loudnessOfSine(1000, -40) + 10 * Math.log10(2);
  const signal = tones(48000, [3, -6], [3, -40]);
  // at a step of the measure, and in the middle of one
  for (const frame of [144000, 144123]) {
    const events = [{ frame, parameter: 'restart', value: true }];
    const restarted = readings(await probe('meter'), 48000, stereo(signal), 480, events);
    const plain = readings(await probe('meter'), 48000, stereo(signal), 480);
    t.ok(off(plain.at(-1)!.integrated, loudness + 34) < 0.5, 'without it: the loud part');
    for (const [i, { seconds, integrated, momentary, shortTerm }] of restarted.entries()) {
      t.same([momentary, shortTerm], [plain[i]!.momentary, plain[i]!.shortTerm]);
      if (seconds <= 3) t.equal(integrated, plain[i]!.integrated);
      else if (seconds < 3.4) t.equal(integrated, SILENT_LUFS, `no block yet at ${seconds} s`);
      // what rings on in the filter is 34 dB louder than what follows: the first block is louder by 0.6 LU
      else if (seconds > 3.42) t.ok(off(integrated, loudness) < 1, `${integrated} LUFS at ${seconds} s`);
    }
    t.ok(off(restarted.at(-1)!.integrated, loudness) < 0.05, `${restarted.at(-1)!.integrated} LUFS`);
  }
});

t.test('restart acts when it is turned on, each time', async (t) => {
  const events = [
    { frame: 48000, parameter: 'restart', value: true },
    { frame: 72000, parameter: 'restart', value: false },
    { frame: 120000, parameter: 'restart', value: true },
  ];
  const list = readings(await probe('meter'), 48000, stereo(tones(48000, [4, -20])), 480, events);
  const silent = list.filter(({ integrated }) => integrated === SILENT_LUFS).map(({ seconds }) => seconds);
  t.equal(silent.length, 3 * 39, 'three times the 400 ms until the first block');
  t.ok(silent.every((seconds) => seconds < 0.4 || (seconds > 1 && seconds < 1.4) || (seconds > 2.5 && seconds < 2.9)));
});

t.test('silence: the floor of every report, and the integrated measure stays', async (t) => {
  const meter = await probe('meter', { maxFrames: 480 });
  t.same(meter.process([], 480).reports, {
    momentary: [-120],
    shortTerm: [-120],
    integrated: [-120],
    peak: [-140, -140],
    rms: [-140, -140],
    range: [0],
    truePeak: [-140, -140],
  });
  const before = readings(meter, 48000, stereo(tones(48000, [2, -20]))).at(-1)!;
  const { statuses, reports } = meter.render([], { frames: 48000 * 12 });
  t.equal(statuses.at(-1), 4, 'asleep');
  t.same(
    [reports['momentary'], reports['shortTerm'], reports['peak'], reports['rms']!.map((x) => x < -130)],
    [[-120], [-120], [-140, -140], [true, true]],
  );
  // 17 blocks of the tone, then three that hold 3, 2 and 1 quarters of it
  const wanted = before.integrated + 10 * Math.log10((17 + 1.5) / 20);
  t.ok(off(reports['integrated']![0]!, wanted) < 0.02, `${reports['integrated']}, wanted ${wanted}`);
  meter.reset();
  t.same(meter.process([], 480).reports['integrated'], [-120], 'a reset forgets it');
});

t.test('blocks of any size measure the same', async (t) => {
  const input = [noise(60000, 1), noise(60000, 2)].map((signal) =>
    signal.map((x, n) => x * (n % 20000 < 9000 ? 0.5 : 0.02)),
  );
  const render = async (block: number | number[]) => (await probe('meter')).render(input, { block }).reports;
  const reference = await render(480);
  for (const block of [1, 7, 128, 1000, 1024, [3, 999, 24]]) {
    const reports = await render(block);
    for (const id of ['momentary', 'shortTerm', 'integrated'])
      t.ok(off(reports[id]![0]!, reference[id]![0]!) < 1e-4, `${id} in blocks of ${block}: ${reports[id]}`);
    // a block lets the peak fall at its end, and takes its power as one: what one block of 1,024 frames is at most
    for (const c of [0, 1]) {
      t.ok(off(reports['peak']![c]!, reference['peak']![c]!) < (20 * 1024) / 48000, `peak in blocks of ${block}`);
      t.ok(off(reports['rms']![c]!, reference['rms']![c]!) < 0.3, `RMS in blocks of ${block}`);
    }
  }
});

t.test(
  'the loudness range is that of the short-term loudness, gated, between its 10th and 95th of a hundred',
  async (t) => {
    // up by 0.25 LU every 0.4 s, from below both gates on, so that a percentile or a gate in the wrong place shows
    const parts = Array.from({ length: 240 }, (_, i): [number, number] => [0.4, -75 + i / 4]);
    const input = stereo(tones(8000, ...parts));
    const meter = await probe('meter', { sampleRate: 8000 });
    const list = readings(meter, 8000, input, 800).filter(({ seconds }) => seconds > 2.95);
    const floor = list.map(({ shortTerm }) => shortTerm).filter((x) => x >= -70);
    const mean = 10 * Math.log10(floor.reduce((sum, x) => sum + 10 ** (x / 10), 0) / floor.length);
    const above = floor.filter((x) => x >= mean - 20).sort((a, b) => a - b);
    const at = (share: number) => above[Math.round((above.length - 1) * share)]!;
    const wanted = at(0.95) - at(0.1);
    const found = meter.process([], 1).reports['range']![0]!;
    t.ok(off(found, wanted) < 0.051, `${found} LU, wanted ${wanted}`);
    t.ok(floor.length - above.length > 100, 'the relative gate matters');
    t.ok(list.length - floor.length > 10, 'the absolute gate matters');
  },
);

/** A sine of a fraction of the rate that starts at a phase in degrees, faded in and out so that only its middle counts. */
function toneAt(sampleRate: number, fraction: number, degrees: number, amplitude: number): Float32Array {
  const length = sampleRate / 4;
  return Float32Array.from({ length }, (_, n) => {
    const fade = Math.min(1, n / 1000, (length - 1 - n) / 1000);
    return fade * amplitude * Math.sin(2 * Math.PI * fraction * n + (degrees * Math.PI) / 180);
  });
}

for (const sampleRate of [44100, 48000, 96000]) {
  t.test(`EBU Tech 3341, true peak at ${sampleRate} Hz`, async (t) => {
    const within = (found: number, wanted: number, what: string) =>
      t.ok(found - wanted <= 0.2 && found - wanted >= -0.4, `${what}: ${found} dBTP, wanted ${wanted}`);
    for (const [number, fraction, degrees, amplitude, wanted] of [
      [15, 1 / 4, 0, 0.5, -6],
      [16, 1 / 4, 45, 0.5, -6],
      [17, 1 / 6, 60, 0.5, -6],
      [18, 1 / 8, 67.5, 0.5, -6],
      [19, 1 / 4, 45, 1.41, 3],
    ] as const) {
      const { truePeaks } = await atEnd(sampleRate, [toneAt(sampleRate, fraction, degrees, amplitude)]);
      within(truePeaks[0]!, wanted, `case ${number}`);
    }
    // as cases 20 to 23: one peak of full scale made at four times the rate, and each fourth frame of it from the offset on
    const burst = (offset: number) =>
      Float32Array.from({ length: 2000 }, (_, n) => {
        const t = (4 * n + offset - 4000) / 4; // frames from the peak
        return Math.cos((Math.PI * t) / 3) * (Math.abs(t) < 60 ? Math.cos((Math.PI * t) / 120) ** 2 : 0);
      });
    for (const offset of [0, 1, 2, 3]) {
      const { truePeaks } = await atEnd(sampleRate, [burst(offset)], [7, 128, 300]);
      within(truePeaks[0]!, 0, `offset ${offset}`);
    }
  });
}

t.test('true peak: the printed interpolator, each of its phases', async (t) => {
  // an impulse reads the largest coefficient (a sample is never read lower), a pair of them what two taps add up to
  const pair = new Float32Array(64);
  pair[20] = 1;
  pair[21] = 1;
  const [one, two] = [await atEnd(48000, [pair.map((x, n) => (n === 20 ? x : 0))]), await atEnd(48000, [pair])];
  t.equal(one.truePeaks[0], 0);
  t.ok(off(two.truePeaks[0]!, db(0.77978515625 + 0.465087890625)) < 1e-5, `${two.truePeaks[0]} dBTP`);
  // signs that make all taps of a phase add up
  for (const [taps, name] of [
    [
      [
        -0.0291748046875, 0.029296875, -0.0517578125, 0.089111328125, -0.16650390625, 0.465087890625, 0.77978515625,
      ].concat([-0.2003173828125, 0.1015625, -0.0582275390625, 0.0330810546875, -0.0189208984375]),
      'phase 1',
    ],
    [
      [
        0.001708984375, 0.010986328125, -0.0196533203125, 0.033203125, -0.0594482421875, 0.1373291015625, 0.97216796875,
      ].concat([-0.102294921875, 0.047607421875, -0.026611328125, 0.014892578125, -0.00830078125]),
      'phase 0',
    ],
  ] as const) {
    // a signal of the taps themselves: the phase that they are reads the sum of their squares, any other reads less
    for (const turned of [taps, taps.toReversed()]) {
      const signal = new Float32Array(64);
      for (const [i, tap] of turned.entries()) signal[20 + i] = tap;
      const wanted = taps.reduce((sum, x) => sum + x * x, 0);
      const { truePeaks } = await atEnd(48000, [signal]);
      const sample = Math.max(...signal.map(Math.abs));
      t.ok(off(truePeaks[0]!, db(Math.max(wanted, sample))) < 1e-4, `${name}: ${truePeaks[0]}, wanted ${db(wanted)}`);
    }
  }
});

t.test('range and true peaks: restart begins anew, each channel has its own, blocks of any size', async (t) => {
  const input = stereo(tones(48000, [5, -20], [5, -40], [4, -30]));
  input[1] = input[1]!.map((x) => x / 2);
  const events = [{ frame: 48000 * 10, parameter: 'restart', value: true }];
  const meter = await probe('meter');
  const { reports } = meter.render(input, { events });
  t.ok(off(reports['truePeak']![0]!, -30) < 0.05, `${reports['truePeak']}`);
  t.ok(off(reports['truePeak']![1]!, -36.02) < 0.05, `${reports['truePeak']}`);
  t.ok(reports['range']![0]! < 0.11, `${reports['range']} LU: 1 s of windows that hold but the last tone`);
  const noisy = [noise(30000, 1), noise(30000, 2)];
  const reference = await atEnd(48000, noisy);
  for (const block of [7, 128, [3, 999, 24]]) t.same(await atEnd(48000, noisy, block), reference, `blocks of ${block}`);
});

// The longest come last: a mistake is mostly seen before.
for (const sampleRate of [44100, 48000, 96000]) {
  t.test(`EBU Tech 3341 at ${sampleRate} Hz`, async (t) => {
    const within = (found: number, wanted: number, what: string) =>
      t.ok(off(found, wanted) <= TECH_3341, `${what}: ${found} LUFS, wanted ${wanted}`);

    for (const [number, levelDb] of [
      [1, -23],
      [2, -33],
    ] as const) {
      const { momentary, shortTerm, integrated } = (
        await measure(sampleRate, stereo(tones(sampleRate, [20, levelDb])))
      ).at(-1)!;
      within(momentary, levelDb, `case ${number}, momentary`);
      within(shortTerm, levelDb, `case ${number}, short-term`);
      within(integrated, levelDb, `case ${number}, integrated`);
    }
    for (const [number, parts] of [
      [
        3,
        [
          [10, -36],
          [60, -23],
          [10, -36],
        ],
      ],
      [
        4,
        [
          [10, -72],
          [10, -36],
          [60, -23],
          [10, -36],
          [10, -72],
        ],
      ],
      [
        5,
        [
          [20, -26],
          [20.1, -20],
          [20, -26],
        ],
      ],
    ] as [number, [number, number][]][]) {
      const { integrated } = (await measure(sampleRate, stereo(tones(sampleRate, ...parts)), 1024)).at(-1)!;
      within(integrated, -23, `case ${number}, integrated`);
    }
    const [side, centre, rear] = [-28, -24, -30].map((levelDb) => tones(sampleRate, [20, levelDb]));
    const lfe = new Float32Array(side!.length);
    const surround = [side!, side!, centre!, lfe, rear!, rear!];
    within((await measure(sampleRate, surround, 1024)).at(-1)!.integrated, -23, 'case 6, integrated');

    const nine = Array.from(
      { length: 5 },
      () =>
        [
          [1.34, -20],
          [1.66, -30],
        ] as [number, number][],
    ).flat();
    for (const { seconds, shortTerm } of await measure(sampleRate, stereo(tones(sampleRate, ...nine)), 441)) {
      if (seconds >= 3 && !(off(shortTerm, -23) <= TECH_3341)) t.fail(`case 9: ${shortTerm} LUFS at ${seconds} s`);
    }
    const twelve = Array.from(
      { length: 25 },
      () =>
        [
          [0.18, -20],
          [0.22, -30],
        ] as [number, number][],
    ).flat();
    for (const { seconds, momentary } of await measure(sampleRate, stereo(tones(sampleRate, ...twelve)), 128)) {
      if (seconds >= 1 && !(off(momentary, -23) <= TECH_3341)) t.fail(`case 12: ${momentary} LUFS at ${seconds} s`);
    }
    // five files have every place within the meter's 100 ms there is
    for (let i = 0; i < (sampleRate === 48000 ? 20 : 5); i++) {
      const ten = await measure(sampleRate, stereo(tones(sampleRate, [0.15 * i, SILENCE], [3, -23], [1, SILENCE])));
      within(highest(ten, 'shortTerm'), -23, `case 10, file ${i + 1}, highest short-term`);
      const signal = tones(sampleRate, [0.02 * i, SILENCE], [0.4, -23], [1, SILENCE]);
      within(highest(await measure(sampleRate, stereo(signal), 128), 'momentary'), -23, `case 13, file ${i + 1}`);
    }

    const eleven = Array.from({ length: 20 }, (_, i): [number, number][] => [
      [0.15 * i, SILENCE],
      [3, -38 + i],
      [3 - 0.15 * i, SILENCE],
    ]).flat();
    const live = await measure(sampleRate, stereo(tones(sampleRate, ...eleven)), 1024);
    const fourteen = Array.from({ length: 20 }, (_, i): [number, number][] => [
      [0.02 * i, SILENCE],
      [0.4, -38 + i],
      [0.4 - 0.02 * i, SILENCE],
    ]).flat();
    const quick = await measure(sampleRate, stereo(tones(sampleRate, ...fourteen)), 128);
    for (let i = 0; i < 20; i++) {
      const during = (list: Reading[], length: number) =>
        list.filter(({ seconds }) => seconds > i * length && seconds <= (i + 1) * length);
      within(highest(during(live, 6), 'shortTerm'), -38 + i, `case 11, tone ${i + 1}, highest short-term`);
      within(highest(during(quick, 0.8), 'momentary'), -38 + i, `case 14, tone ${i + 1}, highest momentary`);
    }
  });
}

/** Range and true peaks at the end of a signal. */
async function atEnd(sampleRate: number, inputs: Float32Array[], block: number | number[] = 1024) {
  const meter = await probe('meter', { sampleRate, widths: { in: inputs.length }, maxFrames: 1024 });
  const { reports } = meter.render(inputs, { block });
  return { range: reports['range']![0]!, truePeaks: reports['truePeak']! };
}

t.test('EBU Tech 3342', async (t) => {
  for (const [number, wanted, ...levels] of [
    [1, 10, -20, -30],
    [2, 5, -20, -15],
    [3, 20, -40, -20],
    [4, 15, -50, -35, -20, -35, -50],
  ] as const) {
    const parts = levels.map((level): [number, number] => [20, level]);
    const { range } = await atEnd(48000, stereo(tones(48000, ...parts)));
    // Tech 3342 allows 1 LU; a step takes 3 s of 20 to be seen, so that both percentiles are levels that stand still
    t.ok(off(range, wanted) <= 0.1, `case ${number}: ${range} LU, wanted ${wanted}`);
  }
});
