import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import t from 'tap';
import { distance, impulse } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

/*
 * The equalizer against engines that others wrote: impulse responses, frame by frame. The formulas are proven in
 * equalizer.test.ts; this shows that we mean the same by frequency, Q and gain as everyone else.
 */
const FRAMES = 4096;
const BUTTERWORTH = Math.SQRT1_2;

interface Band {
  type: string;
  frequency: number;
  gain: number;
  q: number;
}

async function ours({ type, ...rest }: Band): Promise<Float32Array> {
  const parameters = { type: [type, ...Array<string>(7).fill('off')], ...rest, slope: 12 };
  const equalizer = await probe('equalizer', { parameters, widths: { in: 1, out: 1 } });
  return equalizer.render([impulse(FRAMES)]).outputs[0]!;
}

const CHROMIUM = '/usr/bin/chromium';
const noChromium = existsSync(CHROMIUM) ? false : 'needs Chromium (apt-get install chromium)';

t.test('the same as the BiquadFilterNode of Chromium', { skip: noChromium }, async (t) => {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
  t.teardown(() => browser.close());
  const page = await browser.newPage();
  const theirs = async (type: string, { frequency, gain, q }: Band): Promise<number[]> =>
    page.evaluate(
      async ({ type, frequency, gain, q, frames }) => {
        const context = new OfflineAudioContext(1, frames, 48000);
        const buffer = context.createBuffer(1, frames, 48000);
        buffer.getChannelData(0)[0] = 1;
        const source = new AudioBufferSourceNode(context, { buffer });
        const filter = new BiquadFilterNode(context, { type: type as BiquadFilterType, frequency, gain, Q: q });
        source.connect(filter).connect(context.destination);
        source.start();
        return Array.from((await context.startRendering()).getChannelData(0));
      },
      { type, frequency, gain, q, frames: FRAMES },
    );
  // Web Audio's shelves have the slope S = 1 of the cookbook, which is Q = 0.7071; the Q of its cuts is in decibels
  const cutQ = 20 * Math.log10(BUTTERWORTH);
  for (const [name, band, q] of [
    ['peaking', { type: 'bell', frequency: 1000, gain: 9, q: 2 }, 2],
    ['peaking', { type: 'bell', frequency: 8000, gain: -15, q: 0.6 }, 0.6],
    ['lowshelf', { type: 'low-shelf', frequency: 300, gain: 7, q: BUTTERWORTH }, 1],
    ['highshelf', { type: 'high-shelf', frequency: 6000, gain: -11, q: BUTTERWORTH }, 1],
    ['notch', { type: 'notch', frequency: 2000, gain: 0, q: 3 }, 3],
    ['highpass', { type: 'low-cut', frequency: 150, gain: 0, q: 1 }, cutQ],
    ['lowpass', { type: 'high-cut', frequency: 5000, gain: 0, q: 1 }, cutQ],
  ] as const) {
    const reference = await theirs(name, { ...band, q });
    const worst = distance(await ours(band), reference);
    t.ok(worst < 1e-6, `${name} ${band.frequency} Hz: ${worst}`); // frequency and Q reach Chromium as f32
    const off = distance(await ours({ ...band, frequency: band.frequency * 1.005 }), reference);
    t.ok(off > 1e-5, `${name}: 0.5 % of frequency is seen: ${off}`);
  }
});

/** Runs a program over an impulse of 0.5 as f32 samples; 0.5 because sox keeps its samples below 1. */
function filtered(command: string, args: string[]): Float32Array {
  const input = impulse(FRAMES).map((x) => x / 2);
  const { stdout, status, stderr } = spawnSync(command, args, {
    input: new Uint8Array(input.buffer),
    maxBuffer: 1 << 24,
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return new Float32Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.length)).map((x) => 2 * x);
}

const lacks = (command: string) =>
  spawnSync(command, [command === 'sox' ? '--version' : '-version']).status === 0
    ? false
    : `needs ${command} (apt-get install ${command})`;

t.test('the same as the biquads of ffmpeg', { skip: lacks('ffmpeg') }, async (t) => {
  const raw = ['-f', 'f32le', '-ar', '48000'];
  const theirs = (filter: string) =>
    filtered('ffmpeg', ['-v', 'error', ...raw, '-ac', '1', '-i', '-', '-af', `${filter}:precision=f64`, ...raw, '-']);
  for (const [filter, band] of [
    ['equalizer=f=1000:t=q:w=2:g=9', { type: 'bell', frequency: 1000, gain: 9, q: 2 }],
    ['lowshelf=f=300:t=q:w=0.7:g=7', { type: 'low-shelf', frequency: 300, gain: 7, q: 0.7 }],
    ['highshelf=f=6000:t=q:w=0.7:g=-11', { type: 'high-shelf', frequency: 6000, gain: -11, q: 0.7 }],
    ['bandreject=f=2000:t=q:w=3', { type: 'notch', frequency: 2000, gain: 0, q: 3 }],
    ['highpass=f=150:t=q:w=0.7071067811865476', { type: 'low-cut', frequency: 150, gain: 0, q: 1 }],
    ['lowpass=f=5000:t=q:w=0.7071067811865476', { type: 'high-cut', frequency: 5000, gain: 0, q: 1 }],
  ] as const) {
    const worst = distance(await ours(band), theirs(filter));
    t.ok(worst < 1e-6, `${filter}: ${worst}`);
  }
});

t.test('the same as the biquads of sox', { skip: lacks('sox') }, async (t) => {
  const raw = ['-t', 'f32', '-r', '48000', '-c', '1', '-'];
  for (const [effect, band] of [
    ['equalizer 1000 2q 6', { type: 'bell', frequency: 1000, gain: 6, q: 2 }],
    ['bass -9 300 0.7q', { type: 'low-shelf', frequency: 300, gain: -9, q: 0.7 }],
    ['treble -9 6000 0.7q', { type: 'high-shelf', frequency: 6000, gain: -9, q: 0.7 }],
    ['bandreject 2000 3q', { type: 'notch', frequency: 2000, gain: 0, q: 3 }],
    ['highpass -2 150', { type: 'low-cut', frequency: 150, gain: 0, q: 1 }],
    ['lowpass -2 5000', { type: 'high-cut', frequency: 5000, gain: 0, q: 1 }],
  ] as const) {
    const worst = distance(await ours(band), filtered('sox', ['-D', ...raw, ...raw, ...effect.split(' ')]));
    t.ok(worst < 1e-5, `${effect}: ${worst}`); // sox rounds to whole numbers of 32 bits, reads and writes f32
  }
});
