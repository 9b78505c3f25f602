import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inflateSync } from 'node:zlib';
import { createWavWriter, openMedia } from '@audiocloud/engine';
import t from 'tap';
import { CommandProcess } from '../testing/run-command.ts';

t.setTimeout(60_000);

const LEAD = fileURLToPath(new URL('../../examples/media/lead.flac', import.meta.url));
const commands = new CommandProcess();
t.teardown(() => commands.end());
const run = (...args: string[]) => commands.run(...args);

/** Silence, then a square wave of 0.5 that is only positive, then silence: 245,760 frames, 30 columns of whole pairs. */
async function steps(path: string): Promise<string> {
  const writer = await createWavWriter(path, { sampleRate: 48000, channels: 2, bits: '32f' });
  const wave = Float32Array.from({ length: 245_760 }, (_, i) => (i >= 81_920 && i < 163_840 ? 0.5 : 0));
  await writer.write([wave, wave.map((x) => -x)], wave.length);
  await writer.close();
  return path;
}

t.test('waveform draws in the terminal what is in the file', async (t) => {
  const path = await steps(join(t.testdir(), 'steps.wav'));
  const { code, stdout } = await run('waveform', path, '--width', '30', '--height', '4');
  t.equal(code, 0);
  const [gap, bar] = [' '.repeat(10), '▀'.repeat(10)];
  // full scale is eight half lines: 0.5 is the third from above, 0 the fifth, -0.5 the seventh
  const zero = `${bar}${gap}${bar}`;
  t.same(stdout.split('\n'), ['', gap + bar, zero, '', '', '', zero, gap + bar, '']);
});

t.test('waveform writes the numbers of the sound', async (t) => {
  const { data } = await openMedia(LEAD);
  const { stdout } = await run('waveform', LEAD, '--json', '--width', '375'); // 2048 frames a column: a level
  const { channels, frames } = JSON.parse(stdout);
  t.equal(frames, 768000);
  for (const column of [0, 100, 374]) {
    const stretch = data[0]!.subarray(column * 2048, (column + 1) * 2048);
    t.equal(channels[0].least[column], Math.min(...stretch), `column ${column}`);
    t.equal(channels[0].most[column], Math.max(...stretch));
  }
});

t.test('waveform writes pictures', async (t) => {
  const dir = t.testdir();
  const path = await steps(join(dir, 'steps.wav'));
  t.equal((await run('waveform', path, '-o', join(dir, 'a.svg'), '--width', '60', '--height', '40')).code, 0);
  const svg = readFileSync(join(dir, 'a.svg'), 'utf8');
  t.match(svg, /^<svg [^>]*width="60" height="40"/);
  t.match(svg, /30,5\.00/, 'the middle of the first channel: 0.5 is a quarter of its 20 dots above 10');
  t.equal((await run('waveform', path, '-o', join(dir, 'a.png'), '--width', '60', '--height', '40')).code, 0);
  const png = readFileSync(join(dir, 'a.png'));
  t.same([png.readUInt32BE(16), png.readUInt32BE(20)], [60, 40]);
  const rows = inflateSync(png.subarray(png.indexOf('IDAT') + 4));
  const dot = (x: number, y: number) => rows[y * 61 + 1 + x];
  t.same([dot(30, 4), dot(30, 5), dot(30, 6), dot(30, 10)], [0, 2, 0, 1], '0.5, and the line in the middle');
  t.same([dot(5, 9), dot(5, 10), dot(5, 11)], [0, 2, 0], 'silence is a line');
});

t.test('inspect says what a file is; what is no sound is refused by name', async (t) => {
  const dir = t.testdir();
  const { stdout } = await run('inspect', LEAD, '--json');
  t.match(JSON.parse(stdout), { container: 'flac', frames: 768000, channels: 1, file: LEAD });
  t.match((await run('inspect', LEAD)).stdout, /16\.000 s, 768000 frames, 1 channels, 48000 Hz\n {2}-\d+\.\d LUFS/);
  const path = join(dir, 'words.wav');
  writeFileSync(path, 'no music');
  for (const [args, message] of [
    [['inspect', path], /MEDIA_UNSUPPORTED: .*words\.wav: Cannot read the file: it looks like text/],
    [
      ['waveform', LEAD, '-o', join(dir, 'a.gif')],
      /REQUEST_INVALID: Cannot write .*a\.gif: wanted a name that ends in \.svg, \.png/,
    ],
    [['waveform', join(dir, 'nothing.wav')], /MEDIA_MISSING: .*nothing\.wav': there is no such file/],
  ] as const) {
    const { code, stderr } = await run(...args);
    t.equal(code, 1);
    t.match(stderr, message);
  }
});
