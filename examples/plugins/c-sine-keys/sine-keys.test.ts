import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  allocateAudio,
  checkPlugin,
  loadPlugin,
  Probe,
  type ProbeEvent,
  type ProbeOptions,
  STATUS,
} from '@audiocloud/engine';
import t from 'tap';

const folder = import.meta.dirname;
const RATE = 48000;
const FRAMES = 4800;
/** Samples are rounded to 6e-8, and there are a few additions. */
const TOLERANCE = 1e-6;

const keys = (options: Partial<ProbeOptions> = {}, from = folder) =>
  new Probe(loadPlugin(from), 'example:sine-keys', {
    sampleRate: RATE,
    maxFrames: 256,
    ...options,
    parameters: { attack: 0.1, level: 0, ...options.parameters },
  });
const on = (frame: number, key: number, velocity = 127): ProbeEvent => ({ frame, midi: [0x90, key, velocity] });
const off = (frame: number, key: number): ProbeEvent => ({ frame, midi: [0x80, key, 64] });
const play = (probe: Probe, events: ProbeEvent[], frames = FRAMES) =>
  probe.render([], { events, frames, block: [256, 1, 77] }).outputs;

/** Cycles of a key within so many frames. */
const cycles = (key: number, frames: number) => (440 * 2 ** ((key - 69) / 12) * frames) / RATE;
const sine = (turns: number) => Math.sin(2 * Math.PI * turns);

t.test('notes are sines at their frames, with their velocities, and bend', async (t) => {
  const [left, right] = play(keys(), [on(100, 69), on(1000, 60, 64), { frame: 3000, midi: [0xe0, 127, 127] }]);
  const note = (key: number, from: number, frame: number) => {
    const straight = Math.min(frame, 3000) - from;
    return straight < 0 ? 0 : sine(cycles(key, straight) + cycles(key + 2, Math.max(0, frame - 3000)));
  };
  let worst = 0;
  for (let frame = 0; frame < FRAMES; frame++) {
    const isInAttack = Math.abs(frame - 102) < 4 || Math.abs(frame - 1002) < 4;
    const wanted = note(69, 100, frame) + (64 / 127) * note(60, 1000, frame);
    if (!isInAttack) worst = Math.max(worst, Math.abs(left![frame]! - wanted));
  }
  t.ok(worst < TOLERANCE, `differs by ${worst}`);
  t.strictSame(left, right);
});

t.test('a release is a straight line, and then it sleeps', async (t) => {
  const probe = keys({ parameters: { release: 10 } });
  const [output] = play(probe, [on(0, 69), off(1000, 69)]);
  for (const age of [1, 120, 479]) {
    const wanted = sine(cycles(69, 1000 + age)) * (1 - age / 480);
    t.ok(Math.abs(output![1000 + age]! - wanted) < TOLERANCE, `${age} frames after the note off`);
  }
  t.ok(output!.subarray(1481).every((sample) => sample === 0));
  t.equal(probe.process([], 64).status, STATUS.sleep);
  t.equal(probe.process([], 64, [on(0, 60)]).status, STATUS.continue, 'awake with the next note');
});

t.test('the seventeenth note takes the softest voice', async (t) => {
  const notes = Array.from({ length: 17 }, (_, n) => on(10 * n, 40 + n, n === 3 ? 1 : 100));
  const ends = notes.map((_, n) => off(1000, 40 + n));
  const [all] = play(keys(), [...notes, ...ends], 2 * FRAMES);
  const [without] = play(keys(), [...notes.filter((_, n) => n !== 3), ...ends], 2 * FRAMES);
  const differs = all!.findLastIndex((sample, i) => Math.abs(sample - without![i]!) > 10 * TOLERANCE);
  t.ok(differs > 30 && differs < 160, `the soft one sounds up to frame ${differs}, where the last one begins`);
  t.ok(
    all!.subarray(5801).every((sample) => sample === 0),
    'all of them end',
  );
});

t.test('what is in the slot begins every note', async (t) => {
  const attack = allocateAudio(RATE, 1, 300);
  attack.data[0]!.fill(0.25);
  const [plain] = play(keys(), [on(10, 69)]);
  const outputs = play(keys({ media: [attack] }), [on(10, 69)]);
  for (const output of outputs) {
    t.ok(Math.abs(output[100]! - plain![100]! - 0.25) < TOLERANCE, 'mono is heard in both channels');
    t.equal(output[310], plain![310], 'and ends');
  }
});

t.test('the checks that every plugin gets', async (t) => {
  // its manifest has no integrity, so that it fits a module that somebody builds from the source
  const { checks } = checkPlugin(folder).models[0]!;
  for (const { name, result, detail } of checks)
    t.ok(result === 'passed' || result === 'skipped', `${name}: ${result}, ${detail}`);
  const skipped = checks.filter(({ result }) => result === 'skipped').map(({ name }) => name);
  t.strictSame(skipped, [
    'integrity',
    'report-count',
    ...['input-buffers', 'inputs-unwritten', 'non-finite-input', 'huge-input', 'denormal-input', 'recovers-alone'],
    ...['latency', 'reports-in-range'],
  ]);
});

const hasClang = [process.env['CLANG'] ?? 'clang', process.env['WASM_LD'] ?? 'wasm-ld'].every(
  (tool) => spawnSync(tool, ['--version']).status === 0,
);
t.test(
  'the module built from source sounds like the one committed',
  { skip: !hasClang && 'clang and lld are not installed' },
  async (t) => {
    const built = mkdtempSync(join(tmpdir(), 'audiocloud-sine-keys-'));
    try {
      const manifest = JSON.parse(readFileSync(join(folder, 'audiocloud.json'), 'utf8'));
      execFileSync('cp', [join(folder, 'audiocloud.json'), built]);
      execFileSync('sh', [join(folder, 'build.sh'), join(built, manifest.module)], { stdio: 'pipe' });
      const events = [on(7, 69), on(999, 52, 60), off(2000, 69)];
      t.strictSame(play(keys({}, built), events), play(keys({}, folder), events));
    } finally {
      rmSync(built, { recursive: true });
    }
  },
);
