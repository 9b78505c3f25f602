import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPlugin, loadPlugin, Probe } from '@audiocloud/engine';
import t from 'tap';

const folder = import.meta.dirname;
const RATE = 48000;

const filter = (parameters: Record<string, number>, from = folder) =>
  new Probe(loadPlugin(from), 'example:faust-filter', { sampleRate: RATE, maxFrames: 256, parameters });

/** The response at a frequency, from an impulse: real and imaginary part. */
function measured(impulse: Float32Array, hz: number): [number, number] {
  let [re, im] = [0, 0];
  impulse.forEach((sample, n) => {
    re += sample * Math.cos((2 * Math.PI * hz * n) / RATE);
    im -= sample * Math.sin((2 * Math.PI * hz * n) / RATE);
  });
  return [re, im];
}

/** 1 / (s^2 + s / q + 1), s = j tan(pi f / rate) / tan(pi cutoff / rate): the analog filter through the bilinear transform. */
function formula(cutoffHz: number, q: number, hz: number): [number, number] {
  const warped = (f: number) => Math.tan((Math.PI * f) / RATE);
  const w = warped(hz) / warped(cutoffHz);
  const [re, im] = [1 - w * w, w / q];
  const size = re * re + im * im;
  return [re / size, -im / size];
}

t.test('magnitude and phase are those of the formula, in both channels', async (t) => {
  for (const [frequency, q, level] of [
    [1000, 0.7071, 0],
    [100, 5, -6],
    [8000, 0.5, 6],
  ] as const) {
    const probe = filter({ frequency, q, level });
    const impulse = new Float32Array(RATE / 2);
    impulse[0] = 1;
    const { outputs } = probe.render([impulse, impulse.map((x) => -x)], { block: [256, 1, 77] });
    for (const hz of [20, 50, 99, 100, 101, 300, 900, 1000, 1100, 3000, 7000, 8000, 9000, 15000, 20000]) {
      const [re, im] = measured(outputs[0]!, hz);
      const gain = 10 ** (level / 20);
      const [wantedRe, wantedIm] = formula(frequency, q, hz).map((part) => part * gain) as [number, number];
      // samples are rounded to 2^-25 of the largest; 24,000 of them are added up
      const error = Math.hypot(re - wantedRe, im - wantedIm);
      t.ok(error < 2e-5, `${frequency} Hz, q ${q} at ${hz} Hz: differs by ${error}`);
    }
    t.ok(
      outputs[1]!.every((sample, n) => sample === -outputs[0]![n]!),
      'the second channel is its mirror',
    );
  }
});

t.test('a value glides from the frame of its event', async (t) => {
  const ones = new Float32Array(RATE / 2).fill(1);
  const events = [{ frame: 12000, parameter: 'level', value: -20 }];
  const [output] = filter({ frequency: 20000 }).render([ones, ones], { events, block: [100, 256] }).outputs;
  t.ok(Math.abs(output![11999]! - 1) < 1e-6, 'nothing before');
  // one-pole: 0.1 + 0.9 exp(-3 n / (0.02 rate)), n frames after the event
  for (const n of [1, 100, 960, 5000]) {
    const wanted = 0.1 + 0.9 * Math.exp((-3 * n) / (0.02 * RATE));
    t.ok(Math.abs(output![11999 + n]! - wanted) < 1e-5, `${n} frames on: ${output![11999 + n]}, wanted ${wanted}`);
  }
});

t.test('the checks that every plugin gets', async (t) => {
  for (const { checks } of checkPlugin(folder).models)
    for (const { name, result, detail } of checks) t.not(result, 'failed', `${name}: ${detail}`);
});

const hasTools = [
  process.env['FAUST'] ?? 'faust',
  process.env['CLANG'] ?? 'clang',
  process.env['WASM_LD'] ?? 'wasm-ld',
].every((tool) => spawnSync(tool, ['--version']).status === 0);
t.test(
  'the module built from source sounds like the one committed',
  { skip: !hasTools && 'faust, clang and lld are not installed' },
  async (t) => {
    const built = mkdtempSync(join(tmpdir(), 'faust-filter-'));
    try {
      for (const file of ['audiocloud.json', 'filter.wasm']) cpSync(join(folder, file), join(built, file));
      execFileSync('sh', [join(folder, 'build.sh'), join(built, 'filter.wasm')], { stdio: 'inherit' });
      const sound = (from: string) => {
        const noise = Float32Array.from({ length: 9600 }, (_, n) => Math.sin(n * n * 0.01));
        const events = [{ frame: 4000, parameter: 'frequency', value: 300 }];
        return filter({ frequency: 3000, q: 3, level: -3 }, from).render([noise, noise], { events }).outputs;
      };
      t.strictSame(sound(built), sound(folder));
    } finally {
      rmSync(built, { recursive: true });
    }
  },
);
