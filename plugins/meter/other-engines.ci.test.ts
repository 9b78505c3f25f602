import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { db, noise } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

/*
 * The meter against one that others wrote, ffmpeg's ebur128: the same programme, read every 100 ms. The formulas are proven
 * in meter.test.ts; this shows that we mean the same by windows, gates and channels as everyone else.
 */
const APART_LU = 0.1; // of integrated and highest values, as EBU Tech 3341 allows
// 20 s have 170 short-term loudnesses: the next one of a percentile is 0.1 LU away. EBU Tech 3342 allows 1 LU.
const RANGE_LU = 0.2;
// Of every reading. ffmpeg prints thousandths; at other rates than 48 kHz it keeps the printed zeros of the high-pass, which
// then pass another level: 0.022 dB less at 96 kHz, 0.004 dB more at 44.1.
const eachLu = (sampleRate: number) => (sampleRate === 48000 ? 0.002 : 0.025);

const noFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0 ? false : 'needs ffmpeg (apt-get install ffmpeg)';

function ffmpeg(args: string[], input?: Uint8Array): Buffer {
  const { stdout, status, stderr } = spawnSync('ffmpeg', ['-v', 'error', ...args], { input, maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`ffmpeg ${args.join(' ')}: ${stderr}`);
  return stdout;
}

interface Reading {
  momentary: number;
  shortTerm: number;
  integrated: number;
  range: number;
  truePeaks: number[];
}

function theirs(channels: Float32Array[], sampleRate: number): Reading[] {
  const interleaved = new Float32Array(channels.length * channels[0]!.length);
  for (const [c, channel] of channels.entries())
    for (let n = 0; n < channel.length; n++) interleaved[n * channels.length + c] = channel[n]!;
  const format = ['-f', 'f32le', '-ar', `${sampleRate}`, '-ac', `${channels.length}`];
  const filter = 'ebur128=metadata=1:peak=true,ametadata=mode=print:file=-';
  const text = ffmpeg(
    [...format, '-i', '-', '-af', filter, '-f', 'null', '/dev/null'],
    new Uint8Array(interleaved.buffer),
  );
  const values = (key: string) =>
    [...text.toString().matchAll(new RegExp(`r128\\.${key}=(\\S+)`, 'g'))].map(([, x]) => Number(x));
  const [momentary, shortTerm, integrated, range] = [values('M'), values('S'), values('I'), values('LRA')];
  const peaks = channels.map((_, c) => values(`true_peaks_ch${c}`));
  return momentary!.map((x, i) => ({
    momentary: x,
    shortTerm: shortTerm![i]!,
    integrated: integrated![i]!,
    range: range![i]!,
    truePeaks: peaks.map((channel) => db(channel[i]!)),
  }));
}

async function ours(channels: Float32Array[], sampleRate: number): Promise<Reading[]> {
  const meter = await probe('meter', { sampleRate, widths: { in: channels.length }, maxFrames: sampleRate / 10 });
  const list: Reading[] = [];
  for (let start = 0; start + sampleRate / 10 <= channels[0]!.length; start += sampleRate / 10) {
    const { reports } = meter.process(
      channels.map((channel) => channel.subarray(start)),
      sampleRate / 10,
    );
    list.push({
      momentary: reports['momentary']![0]!,
      shortTerm: reports['shortTerm']![0]!,
      integrated: reports['integrated']![0]!,
      range: reports['range']![0]!,
      truePeaks: reports['truePeak']!,
    });
  }
  return list;
}

/** Noise whose level jumps every 350 ms or so, differently in each channel, over 40 dB. */
function bursts(channels: number, seconds: number, sampleRate: number): Float32Array[] {
  const levels = noise(1000, 99);
  return Array.from({ length: channels }, (_, c) => {
    const length = Math.round((0.35 + 0.03 * c) * sampleRate);
    return noise(seconds * sampleRate, 7 + c).map(
      (x, n) => x * 10 ** (-1.1 - levels[(Math.floor(n / length) + 50 * c) % 1000]!),
    );
  });
}

/** The tracks of the example, mixed to two channels. */
function music(): Float32Array[] {
  const track = (name: string) => {
    const file = fileURLToPath(new URL(`../../examples/media/${name}.flac`, import.meta.url));
    const bytes = ffmpeg(['-i', file, '-ac', '1', '-f', 'f32le', '-']);
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  };
  const [bass, drums, keys, lead, pad] = ['bass', 'drums', 'keys', 'lead', 'pad'].map(track);
  const mix = (...parts: (Float32Array | undefined)[]) =>
    // tracks are loops of different lengths
    Float32Array.from({ length: 16 * 48000 }, (_, n) =>
      parts.reduce((sum, part) => sum + 0.4 * part![n % part!.length]!, 0),
    );
  return [mix(bass, drums, keys), mix(bass, drums, lead, pad)];
}

const programmes: [string, number, () => Float32Array[]][] = [
  ['music at 48000 Hz', 48000, music],
  ['a mono voice of bursts at 48000 Hz', 48000, () => bursts(1, 20, 48000)],
  ['stereo bursts at 44100 Hz', 44100, () => bursts(2, 30, 44100)],
  ['stereo bursts at 96000 Hz', 96000, () => bursts(2, 15, 96000)],
  ['5.1 bursts at 48000 Hz', 48000, () => bursts(6, 20, 48000)],
];

for (const [what, sampleRate, programme] of programmes) {
  t.test(`the same as ffmpeg's ebur128: ${what}`, { skip: noFfmpeg }, async (t) => {
    const channels = programme();
    const [a, b] = [await ours(channels, sampleRate), theirs(channels, sampleRate)];
    t.equal(a.length, b.length, 'as many readings');
    const highest = (list: Reading[], key: 'momentary' | 'shortTerm') => Math.max(...list.slice(30).map((x) => x[key]));
    for (const [claim, mine, other] of [
      ['integrated', a.at(-1)!.integrated, b.at(-1)!.integrated],
      ['highest momentary', highest(a, 'momentary'), highest(b, 'momentary')],
      ['highest short-term', highest(a, 'shortTerm'), highest(b, 'shortTerm')],
    ] as const)
      t.ok(Math.abs(mine - other) < APART_LU, `${claim}: ${mine} LUFS, ffmpeg ${other}`);
    const ranges = [a.at(-1)!.range, b.at(-1)!.range] as const;
    t.ok(Math.abs(ranges[0] - ranges[1]) < RANGE_LU, `range: ${ranges[0]} LU, ffmpeg ${ranges[1]}`);
    // ffmpeg's interpolator is longer: BS.1770's reads up to 0.69 dB less close to half the rate, which white noise reaches
    for (const [c, peak] of b.at(-1)!.truePeaks.entries()) {
      const found = a.at(-1)!.truePeaks[c]!;
      t.ok(
        found - peak > (what.startsWith('music') ? -0.1 : -0.69) && found - peak < 0.1,
        `true peak of channel ${c}: ${found} dBTP, ffmpeg ${peak}`,
      );
    }
    // ffmpeg gives the windows once they are full
    for (const [key, from] of [
      ['momentary', 4],
      ['shortTerm', 30],
    ] as const) {
      let worst = 0;
      for (let i = from; i < b.length; i++) worst = Math.max(worst, Math.abs(a[i]![key] - b[i]![key]));
      t.ok(worst < eachLu(sampleRate), `${key}, every 100 ms: at most ${worst} LU apart`);
    }
    const spread = Math.max(...b.slice(4).map((x) => x.momentary)) - Math.min(...b.slice(4).map((x) => x.momentary));
    t.ok(spread > 3, `the programme moves: momentary over ${spread} LU`);
  });
}
