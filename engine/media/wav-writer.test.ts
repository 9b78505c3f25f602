import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { describeMedia } from './describe-media.ts';
import { mediaBytes } from './media-file.ts';
import { openMedia } from './open-media.ts';
import { ffmpegDecode, missingTool } from './reference-tool.ts';
import { type WavBits, wavHeader } from './wav-header.ts';
import { readWav } from './wav-reader.ts';
import { createWavWriter, type WavWriterOptions } from './wav-writer.ts';

/** Multiples of 1 / 32768 from -1 to 1 - 1 / 32768, so that every depth holds them exactly. */
const steps = (frames: number, factor: number) =>
  Float32Array.from({ length: frames }, (_, i) => (((i * factor) % 65536) - 32768) / 32768);

async function written(path: string, planes: Float32Array[], options: Partial<WavWriterOptions>, blockFrames = 1000) {
  const writer = await createWavWriter(path, { sampleRate: 48000, channels: planes.length, bits: '16', ...options });
  const frames = planes[0]!.length;
  for (let at = 0; at < frames; at += blockFrames) {
    const count = Math.min(blockFrames, frames - at);
    await writer.write(
      planes.map((samples) => samples.subarray(at, at + count)),
      count,
    );
  }
  return writer.close();
}

t.test('WAV written without dither is read back bit for bit', async (t) => {
  const dir = t.testdir();
  for (const bits of ['16', '24', '32f'] as WavBits[]) {
    for (const channels of [1, 2, 3, 6]) {
      const path = join(dir, `${bits}-${channels}.wav`);
      const planes = Array.from({ length: channels }, (_, c) => steps(4097, 31 + 2 * c));
      t.same(await written(path, planes, { bits, dither: false }), { frames: 4097, clippedSamples: 0 });
      const back = readWav(mediaBytes(readFileSync(path)), 2 ** 31, () => {});
      t.match(back, { sampleRate: 48000, channels, frames: 4097 }, `${bits}, ${channels} channels`);
      t.ok(
        planes.every((samples, c) => samples.every((x, i) => x === back.data[c]![i])),
        `${bits}, ${channels} channels: samples`,
      );
    }
  }
});

t.test('WAV is the same bytes for the same seed, however it is cut into blocks', async (t) => {
  const dir = t.testdir();
  const planes = [Float32Array.from({ length: 200000 }, (_, i) => Math.sin(i / 20)), steps(200000, 77)];
  for (const bits of ['16', '24', '32f'] as WavBits[]) {
    const paths = ['a', 'b', 'c'].map((name) => join(dir, `${name}${bits}.wav`));
    await written(paths[0]!, planes, { bits }, 128);
    await written(paths[1]!, planes, { bits }, 99991);
    await written(paths[2]!, planes, { bits, seed: 1 }, 128);
    const [a, b, c] = paths.map((path) => readFileSync(path));
    t.ok(a!.equals(b!), `${bits}: blocks of 128 and of 99,991`);
    t.equal(a!.equals(c!), bits === '32f', `${bits}: another seed`);
  }
});

t.test('dither adds an error of mean 0 and variance 1/4 step, whatever the signal', async (t) => {
  const dir = t.testdir();
  for (const level of [0, 0.3, 0.5, 100.77]) {
    const path = join(dir, 'dither.wav');
    await written(path, [new Float32Array(100000).fill(level / 32768)], {});
    const error = [...(await openMedia(path)).data[0]!].map((x) => x * 32768 - level);
    const mean = error.reduce((a, b) => a + b) / error.length;
    const variance = error.reduce((a, b) => a + (b - mean) ** 2, 0) / error.length;
    // 4 standard errors: 4 x 0.5 / sqrt(100000) = 0.0063
    t.ok(Math.abs(mean) < 0.0063, `level ${level}: mean ${mean}`);
    t.ok(Math.abs(variance - 0.25) < 0.008, `level ${level}: variance ${variance}`);
  }
});

t.test('samples beyond full scale are held at it and counted', async (t) => {
  const path = join(t.testdir(), 'clip.wav');
  const samples = Float32Array.of(1.5, -1.5, 1, -1, 0.5, Number.NaN, 0.999);
  t.same(await written(path, [samples], { dither: false }), { frames: 7, clippedSamples: 4 });
  const back = [...(await openMedia(path)).data[0]!].map((x) => x * 32768);
  t.same(back, [32767, -32768, 32767, -32768, 16384, 0, 32735]);
});

t.test('the file has its name only when it is complete', async (t) => {
  const dir = t.testdir({ 'out.wav': 'what was there' });
  const path = join(dir, 'out.wav');
  const options = { sampleRate: 48000, channels: 1, bits: '16' } as const;
  const cancelled = await createWavWriter(path, options);
  await cancelled.write([new Float32Array(500000)]);
  t.equal(readdirSync(dir).length, 2, 'a temporary file stands beside it');
  await cancelled.cancel();
  await cancelled.cancel();
  t.same(readdirSync(dir), ['out.wav']);
  t.equal(readFileSync(path, 'utf8'), 'what was there');
  await t.rejects(cancelled.write([new Float32Array(1)]), { code: 'RENDER_FAILED', message: /already closed/ });
  const writer = await createWavWriter(path, options);
  await writer.write([new Float32Array(5)], 3);
  await writer.close();
  await writer.cancel();
  t.same(readdirSync(dir), ['out.wav']);
  t.equal((await describeMedia(path)).frames, 3);
  await t.rejects(createWavWriter(join(dir, 'none', 'x.wav'), options), { code: 'RENDER_FAILED', message: /ENOENT/ });
});

t.test('a file above 4 GiB is RF64', async (t) => {
  const path = join(t.testdir(), 'long.wav');
  const frames = 3 * 2 ** 30;
  for (const [bits, channels] of [
    ['16', 1],
    ['24', 2],
    ['32f', 8],
  ] as const) {
    const header = wavHeader(96000, channels, bits, frames);
    t.equal(Buffer.from(header.subarray(0, 4)).toString(), 'RF64');
    writeFileSync(path, header);
    truncateSync(path, header.length + frames * channels * (bits === '32f' ? 4 : Number(bits) / 8)); // sparse
    t.same(await describeMedia(path), { format: 'wav', channels, frames, sampleRate: 96000 });
    await t.rejects(openMedia(path), { code: 'TOO_LARGE', message: new RegExp(`${frames * channels * 4} bytes`) });
  }
  t.equal(Buffer.from(wavHeader(96000, 1, '16', 2 ** 30).subarray(0, 4)).toString(), 'RIFF');
  t.ok(existsSync(path));
});

t.test('WAV is read by ffmpeg and sox as by us', { skip: missingTool('ffmpeg', 'sox') }, async (t) => {
  const dir = t.testdir();
  for (const bits of ['16', '24', '32f'] as WavBits[]) {
    for (const channels of [1, 2, 6]) {
      const path = join(dir, `${bits}-${channels}.wav`);
      const planes = Array.from({ length: channels }, (_, c) => steps(3001, 33 + 2 * c));
      await written(path, planes, { bits, dither: false });
      const byFfmpeg = ffmpegDecode(path, channels);
      t.ok(
        planes.every((samples, c) => samples.every((x, i) => x === byFfmpeg[c]![i])),
        `ffmpeg: ${bits}, ${channels} channels`,
      );
      const raw = execFileSync('sox', ['-V1', path, '-t', 'raw', '-e', 'signed', '-b', '32', '-']);
      const bySox = new Int32Array(new Uint8Array(raw).buffer);
      t.equal(bySox.length, 3001 * channels, `sox: ${bits}, ${channels} channels`);
      t.ok(
        planes.every((samples, c) => samples.every((x, i) => x * 2 ** 31 === bySox[i * channels + c])),
        `sox: ${bits}, ${channels} channels, samples`,
      );
    }
  }
});
