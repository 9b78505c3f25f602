import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openMedia } from '@audiocloud/engine';
import t from 'tap';
import { buildWasm } from '../../scripts/build-wasm.ts';
import { CommandProcess } from '../testing/run-command.ts';

await buildWasm({ ifMissing: true });
const folder = mkdtempSync(join(tmpdir(), 'outputs-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]) => join(folder, ...names);
const commands = new CommandProcess();
t.teardown(() => commands.end());

/** A mix, and the two sounds that it is made of. */
const TASK = at('task.json');
writeFileSync(
  TASK,
  JSON.stringify({
    sampleRate: 48000,
    lengthSeconds: 2,
    instances: {
      low: { model: 'audiocloud:tone', parameters: { frequency: 220, level: -20 } },
      high: { model: 'audiocloud:tone', parameters: { frequency: 1777, level: -26 } },
    },
    connections: {
      a: { from: { node: 'low' }, to: { node: 'lows' } },
      b: { from: { node: 'high' }, to: { node: 'highs' } },
      c: { from: { node: 'low' }, to: { node: 'mix' } },
      d: { from: { node: 'high' }, to: { node: 'mix' } },
    },
    sinks: Object.fromEntries(['mix', 'lows', 'highs'].map((name) => [name, { kind: 'stream', channels: 2 }])),
  }),
);

const run = (...args: string[]) => commands.run('render', TASK, '--threads', '1', ...args);
async function rendered(...args: string[]) {
  const { code, stdout, stderr } = await run(...args, '--json');
  if (code !== 0) throw new Error(`render ${args.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout);
}

t.test('the name of the file says its format; rate, bits and bit rate are what was asked for', async (t) => {
  for (const [name, args, wanted] of [
    ['a.flac', ['--rate', '44100', '--bits', '16', '--dither', 'shaped'], { format: 'flac', sampleRate: 44100 }],
    ['a.mp3', ['--bit-rate', '128', '--tag', 'title=A=B'], { format: 'mp3', sampleRate: 48000 }],
    ['a.opus', [], { format: 'opus', sampleRate: 48000 }],
    ['a.bin', ['--format', 'wav', '--bits', '32'], { format: 'wav', sampleRate: 48000 }],
  ] as const) {
    const { files, frames, sampleRate } = await rendered('--out', at(name), ...args);
    t.match(files, [{ ...wanted, sink: 'mix', path: at(name) }]);
    t.match(await openMedia(at(name)), { frames, sampleRate, channels: 2 }, name);
    t.equal(frames, 2 * sampleRate);
  }
});

t.test('stems: each sink has a file, with one gain, and they add up to the mix', async (t) => {
  const { files } = await rendered(
    '--out',
    at('mix.wav'),
    '--stems',
    at('stems'),
    '--bits',
    '32f',
    '--loudness',
    '-23',
  );
  t.same(readdirSync(at('stems')).sort(), ['highs.wav', 'lows.wav', 'mix.wav']);
  t.equal(files.length, 4);
  t.ok(Math.abs(files[0].loudness.integratedLufs + 23) < 0.01, `${files[0].loudness.integratedLufs} LUFS`);
  t.equal(new Set(files.map((file: { gainDb: number }) => file.gainDb)).size, 1);
  const [mix, lows, highs] = await Promise.all(
    [at('mix.wav'), at('stems', 'lows.wav'), at('stems', 'highs.wav')].map(
      async (path) => (await openMedia(path)).data[1]!,
    ),
  );
  t.ok(mix!.every((x, i) => Math.abs(x - lows![i]! - highs![i]!) < 1e-7) && mix!.some((x) => Math.abs(x) > 0.05));
});

t.test('stems alone: their sum is as loud as wanted', async (t) => {
  const text = await run('--stems', at('alone'), '--format', 'flac', '--loudness', '-20', '--sink', 'mix');
  t.match(text, { code: 0, stderr: '' });
  t.equal(text.stdout.trim().split('\n').length, 3, 'a line for each');
  t.match(text.stdout, /alone\/lows\.flac: 2\.00 s, 2 channels, 48000 Hz, 24 bits, peak .* dBFS, .* LUFS, gain .* dB/);
  t.same(readdirSync(at('alone')).sort(), ['highs.flac', 'lows.flac', 'mix.flac']);
});

t.test('what cannot be is refused, and leaves no file', async (t) => {
  for (const [args, says] of [
    [['--out', at('x.flac'), '--bits', '32f'], /flac with depth f32: wanted s16 or s24/],
    [['--out', at('x.mp3'), '--rate', '96000'], /mp3 with 96000 Hz: wanted one of 48000/],
    [['--out', at('x.wav'), '--tag', 'mood=blue'], /tag 'mood': wanted one of title/],
    [['--out', at('x.wav'), '--stems', at('stems'), '--sink', 'nobody'], /not 'nobody'/],
  ] as const) {
    const { code, stderr } = await run(...args);
    t.equal(code, 1);
    t.match(stderr, says);
  }
  t.match(await run(), { code: 2, stderr: /--out <file>.*--stems/ });
  t.match(await run('--out', at('x.wav'), '--loudness', '3'), { code: 2, stderr: /-60 to 0 LUFS/ });
  t.same(
    readdirSync(folder).filter((name) => name.startsWith('x')),
    [],
  );
});
