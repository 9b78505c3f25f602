import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPlugin, loadPlugin, Probe } from '@audiocloud/engine';
import t from 'tap';

const folder = import.meta.dirname;
const SAMPLE_RATE = 48000;
const MAX_FRAMES = 256;
/** The cosine of the plugin is a polynomial with an error below 6e-8; samples are rounded to 6e-8. */
const TOLERANCE = 2e-7;

const tremolo = (parameters: Record<string, number>, widths?: Record<string, number>) =>
  new Probe(loadPlugin(folder), 'example:tremolo', {
    sampleRate: SAMPLE_RATE,
    maxFrames: MAX_FRAMES,
    parameters,
    widths: widths ?? {},
  });

const formula = (depth: number, rateHz: number, frame: number) =>
  1 - (depth * (1 - Math.cos((2 * Math.PI * rateHz * frame) / SAMPLE_RATE))) / 2;

t.test('tremolo follows its formula in every channel', async (t) => {
  for (const [depth, rateHz] of [
    [100, 20],
    [50, 3.7],
    [10, 0.05],
  ] as const) {
    const probe = tremolo({ depth, rate: rateHz }, { in: 3 });
    const input = Float32Array.from({ length: SAMPLE_RATE }, (_, frame) => Math.sin(frame / 7));
    const { outputs, reports } = probe.render([input, input, input.map((sample) => -sample)], { block: [256, 1, 77] });
    let worst = 0;
    for (let frame = 0; frame < SAMPLE_RATE; frame++) {
      const wanted = input[frame]! * formula(depth / 100, rateHz, frame);
      worst = Math.max(worst, Math.abs(outputs[0]![frame]! - wanted), Math.abs(outputs[2]![frame]! + wanted));
    }
    t.ok(worst < TOLERANCE, `${depth} % at ${rateHz} Hz: differs by ${worst}`);
    t.ok(Math.abs(reports['gain']![0]! - formula(depth / 100, rateHz, SAMPLE_RATE - 1)) < TOLERANCE, 'report');
  }
});

t.test('depth glides in 10 ms from the frame of its event, without a step', async (t) => {
  const probe = tremolo({ depth: 0, rate: 0.05 });
  const ones = new Float32Array(SAMPLE_RATE).fill(1);
  const events = [
    { frame: 1000, parameter: 'depth', value: 100 },
    { frame: 1000, parameter: 'rate', value: 20 },
  ];
  const output = probe.render([ones], { events }).outputs[0]!;
  t.equal(output[1000], 1, 'nothing before the event');
  const phase = (frame: number) => (1000 * 0.05 + (frame - 1000) * 20) / SAMPLE_RATE;
  const wanted = (frame: number) => 1 - (1 - Math.cos(2 * Math.PI * phase(frame))) / 2;
  t.ok(Math.abs(output[1600]! - wanted(1600)) < TOLERANCE, 'arrived');
  let step = 0;
  for (let frame = 1; frame < 4000; frame++) step = Math.max(step, Math.abs(output[frame]! - output[frame - 1]!));
  // the steepest slope of the cosine, 2 pi 20 / 48000 / 2, and of the glide, 1 / 480
  t.ok(step < Math.PI * (20 / SAMPLE_RATE) + 1 / 480, `greatest step ${step}`);
});

t.test('the checks that every plugin gets', async (t) => {
  // its manifest has no integrity, so that it fits a module that somebody builds from the source
  for (const { checks } of checkPlugin(folder).models)
    for (const { name, area, result, detail } of checks) {
      const isAsked = name !== 'integrity' && area !== 'notes' && area !== 'media';
      t.equal(result, isAsked ? 'passed' : 'skipped', `${name}: ${detail}`);
    }
});

const hasClang = [process.env['CLANG'] ?? 'clang', process.env['WASM_LD'] ?? 'wasm-ld'].every(
  (tool) => spawnSync(tool, ['--version']).status === 0,
);
t.test(
  'the module built from source sounds like the one committed',
  { skip: !hasClang && 'clang and lld are not installed' },
  async (t) => {
    const built = mkdtempSync(join(tmpdir(), 'audiocloud-tremolo-'));
    try {
      const manifest = JSON.parse(readFileSync(join(folder, 'audiocloud.json'), 'utf8'));
      execFileSync('cp', [join(folder, 'audiocloud.json'), built]);
      execFileSync('sh', [join(folder, 'build.sh'), join(built, manifest.module)], { stdio: 'pipe' });
      // Another version of clang may order code differently; what counts is that the samples are the same.
      const sound = (path: string) => {
        const probe = new Probe(loadPlugin(path), 'example:tremolo', {
          sampleRate: 44100,
          maxFrames: 64,
          parameters: { depth: 80 },
        });
        const input = Float32Array.from({ length: 44100 }, (_, frame) => Math.sin(frame / 5));
        return probe.render([input, input], { events: [{ frame: 9999, parameter: 'depth', value: 20 }] }).outputs;
      };
      t.strictSame(sound(built), sound(folder));
    } finally {
      rmSync(built, { recursive: true });
    }
  },
);
