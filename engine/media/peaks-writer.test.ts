import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { PEAK_LEVELS, PEAKS_HEADER_BYTES, pairBytes, readPeaksHeader } from './peaks-file.ts';
import { PeaksWriter } from './peaks-writer.ts';

/** The levels of a file, as numbers: [level][pair][channel] = [smallest, largest]. */
function levelsOf(bytes: Buffer) {
  const header = readPeaksHeader(bytes);
  const levels = header.levels.map(({ offset, pairs }) =>
    Array.from({ length: pairs }, (_, pair) =>
      Array.from({ length: header.channels }, (_, c) => {
        const at = offset + pair * pairBytes(header.channels) + 4 * c;
        return [bytes.readInt16LE(at), bytes.readInt16LE(at + 2)];
      }),
    ),
  );
  return { header, levels };
}

/** xorshift32, so that a failure can be had again. */
function noise(seed: number, frames: number, gain: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: frames }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return gain * (state / 2 ** 31);
  });
}

function write(path: string, planes: Float32Array[], pieceFrames: number): Buffer {
  const writer = new PeaksWriter(path, 44100, planes.length);
  const frames = planes[0]!.length;
  for (let at = 0; at < frames; at += pieceFrames) {
    const count = Math.min(pieceFrames, frames - at);
    writer.add(
      planes.map((plane) => plane.subarray(at, at + count)),
      count,
    );
  }
  writer.finish();
  return readFileSync(path);
}

t.test('peaks equal brute force at every level, however the sound is cut', async (t) => {
  const path = join(t.testdir(), 'peaks');
  for (const [frames, channels] of [
    [1, 1],
    [255, 2],
    [256, 2],
    [2049, 3],
    [131072, 1],
    [300001, 2],
    [524289, 6],
  ] as const) {
    const planes = Array.from({ length: channels }, (_, c) => noise(frames + c + 1, frames, 0.1 + 0.3 * c));
    const bytes = write(path, planes, 4801);
    t.same(write(path, planes, 100_000), bytes, `${frames} x ${channels}: other pieces, the same bytes`);
    const { header, levels } = levelsOf(bytes);
    t.match(header, { sampleRate: 44100, channels, frames });
    let wrong = 0;
    for (const [level, framesPerPair] of PEAK_LEVELS.entries()) {
      t.equal(levels[level]!.length, Math.ceil(frames / framesPerPair));
      for (const [pair, found] of levels[level]!.entries())
        for (const [c, [least, most]] of found.entries()) {
          const stretch = planes[c]!.subarray(pair * framesPerPair, (pair + 1) * framesPerPair);
          const low = stretch.reduce((a, b) => Math.min(a, b));
          const high = stretch.reduce((a, b) => Math.max(a, b));
          if (least !== Math.max(-32768, Math.floor(low * 32768)) || most !== Math.min(32767, Math.ceil(high * 32768)))
            wrong++;
        }
    }
    t.equal(wrong, 0, `${frames} frames, ${channels} channels`);
    const pairs = levels.reduce((sum, level) => sum + level.length, 0);
    t.equal(bytes.length, PEAKS_HEADER_BYTES + pairs * pairBytes(channels), 'and nothing else is in the file');
  }
});

t.test('peaks of nothing are a header, and what is given up leaves what was there', async (t) => {
  const dir = t.testdir();
  const path = join(dir, 'peaks');
  t.equal(write(path, [new Float32Array(0)], 100).length, PEAKS_HEADER_BYTES);
  writeFileSync(path, 'before');
  const writer = new PeaksWriter(path, 48000, 1);
  writer.add([noise(1, 5000, 1)], 5000);
  t.ok(existsSync(`${path}.part0`));
  writer.discard();
  t.same(readdirSync(dir), ['peaks']);
  t.equal(readFileSync(path, 'utf8'), 'before');
  t.throws(() => readPeaksHeader(readFileSync(path)), { code: 'MEDIA_DAMAGED' });
});
