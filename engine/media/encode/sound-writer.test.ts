import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SoundOutput } from '@audiocloud/api';
import t from 'tap';
import { openMedia } from '../open-media.ts';
import { createSoundWriter } from './sound-writer.ts';

const folder = mkdtempSync(join(tmpdir(), 'writer-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const FRAMES = 30_001;
const OUTPUTS: SoundOutput[] = [
  { format: 'wav', depth: 's24', tags: { title: 'T' } },
  { format: 'flac', depth: 's16' },
  { format: 'mp3' },
  { format: 'opus' },
  { format: 'flac', sampleRate: 96000 },
  { format: 'wav', sampleRate: 44100, resampler: 'fast' },
];
const planes = [0.3, 0.1].map((level) => Float32Array.from({ length: FRAMES }, (_, i) => level * Math.sin(i / 17)));

async function written(name: string, output: SoundOutput, frames: number | undefined, block = 1000) {
  const source = { sampleRate: 48000, channels: 2, frames };
  const writer = await createSoundWriter(at(name), { output, source });
  for (let first = 0; first < FRAMES; first += block)
    await writer.write(planes.map((plane) => plane.subarray(first, first + block)));
  const file = await writer.end();
  await writer.commit();
  return { file, bytes: readFileSync(at(name)) };
}

t.test('the bytes are the same however the sound is cut, and whether its length was known', async (t) => {
  for (const output of OUTPUTS) {
    const name = `${output.format} ${output.sampleRate ?? ''}`;
    const one = await written('one', output, FRAMES);
    const two = await written('two', output, undefined, 7777);
    t.ok(one.bytes.equals(two.bytes), name);
    t.same(one.file.sha256, two.file.sha256);
    const { createHash } = await import('node:crypto');
    t.equal(one.file.sha256, createHash('sha256').update(one.bytes).digest('hex'), `${name}: its hash`);
    t.equal(one.file.bytes, one.bytes.length);
    t.equal(one.file.frames, Math.round((FRAMES * (output.sampleRate ?? 48000)) / 48000));
  }
});

t.test('no sound at all is a file too', async (t) => {
  for (const format of ['wav', 'flac', 'mp3', 'opus'] as const) {
    const writer = await createSoundWriter(at('empty'), {
      output: { format },
      source: { sampleRate: 48000, channels: 1, frames: 0 },
    });
    t.match(await writer.end(), { format, frames: 0, peak: 0, clippedSamples: 0 });
    await writer.commit();
    t.ok(statSync(at('empty')).size > 0, format);
  }
});

t.test('a gain is applied, and peak and loudness are of what is written', async (t) => {
  const writer = await createSoundWriter(at('gain.wav'), {
    output: { format: 'wav', depth: 'f32' },
    source: { sampleRate: 48000, channels: 2, frames: FRAMES },
    gainDb: -6,
  });
  await writer.write(planes);
  const { peak, loudness } = await writer.end();
  await writer.commit();
  const gain = 10 ** (-6 / 20);
  t.ok(Math.abs(peak - 0.3 * gain) < 1e-4);
  t.ok(Math.abs(loudness!.samplePeakDb! - 20 * Math.log10(peak)) < 1e-9);
  t.ok((await openMedia(at('gain.wav'))).data[0]!.every((x, i) => x === Math.fround(planes[0]![i]! * gain)));
});

t.test('clipped samples are counted: of integers and of what a codec is given', async (t) => {
  const loud = [Float32Array.from({ length: 3000 }, (_, i) => (i % 100 === 0 ? 1.5 : 0))];
  for (const [output, wanted] of [
    [{ format: 'wav', depth: 's16', dither: 'none' }, 30],
    [{ format: 'wav', depth: 'f32' }, 0],
    [{ format: 'flac' }, 30],
    [{ format: 'mp3' }, 30],
    [{ format: 'opus' }, 30],
  ] as const) {
    const source = { sampleRate: 48000, channels: 1, frames: 3000 };
    const writer = await createSoundWriter(at('loud'), { output, source });
    await writer.write(loud);
    const { clippedSamples, peak } = await writer.end();
    await writer.abort();
    t.equal(clippedSamples, wanted, output.format);
    t.equal(peak, 1.5);
  }
});

t.test('before it has its name nothing is lost: abort leaves what was there, also of a whole file', async (t) => {
  writeFileSync(at('kept'), 'as it was');
  for (const isWhole of [false, true])
    for (const { format } of OUTPUTS) {
      const source = { sampleRate: 48000, channels: 2, frames: FRAMES };
      const writer = await createSoundWriter(at('kept'), { output: { format }, source, partPath: at('growing') });
      await writer.write(planes);
      if (isWhole) await writer.end();
      t.ok(readdirSync(folder).includes('growing'));
      await writer.abort();
      await writer.abort();
      t.equal(readFileSync(at('kept'), 'utf8'), 'as it was', format);
      t.notOk(readdirSync(folder).includes('growing'));
    }
});

t.test(
  'a disk that takes no more is named, and nothing of the file stays',
  { skip: process.platform === 'win32' },
  (t) => {
    const writer = JSON.stringify(fileURLToPath(new URL('./sound-writer.ts', import.meta.url)));
    const path = JSON.stringify(at('full.wav'));
    const code = `
    const { createSoundWriter } = await import(${writer});
    const source = { sampleRate: 48000, channels: 2, frames: 1e6 };
    const writer = await createSoundWriter(${path}, { output: { format: 'wav' }, source });
    const plane = new Float32Array(1e6);
    await writer.write([plane, plane]).catch((error) => console.log(JSON.stringify(error)));`;
    // the limit is in blocks of 512 or 1024 bytes; without the trap the signal would end the process
    const script = `trap '' XFSZ; ulimit -f 1000; exec "$0" --input-type=module -e "$1"`;
    const { stdout, stderr } = spawnSync('sh', ['-c', script, process.execPath, code], { encoding: 'utf8' });
    t.match(
      JSON.parse(stdout || '{}'),
      { code: 'RENDER_FAILED', message: /full\.wav': the system allows no larger file; choose/ },
      stderr,
    );
    t.notOk(readdirSync(folder).some((name) => name.startsWith('full')));
    t.end();
  },
);
