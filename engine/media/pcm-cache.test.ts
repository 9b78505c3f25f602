import { existsSync, mkdirSync, readdirSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { PcmSource } from '../disk/pcm-source.ts';
import { frameBytes, unpackSamples } from './unpack-samples.ts';
import { PcmCache } from './pcm-cache.ts';

const MIB = 2 ** 20;
const planesOf = (frames: number, seed: number) =>
  [0, 1].map((c) => Float32Array.from({ length: frames }, (_, i) => Math.sin(seed + c + i * 0.01)));

function put(cache: PcmCache, key: string, frames: number, seed = 1) {
  const writer = cache.create(key, 44100, 2);
  const planes = planesOf(frames, seed);
  for (let first = 0; first < frames; first += 1000)
    writer.write(
      planes.map((plane) => plane.subarray(first, first + 1000)),
      Math.min(1000, frames - first),
    );
  return writer.finish();
}

const key = (n: number) => String(n).padStart(64, '0');
const parts = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.part'));

t.test('what is kept is found again, sample by sample, and stays what it was however often it is used', async (t) => {
  const folder = join(t.testdir({}), 'pcm');
  const cache = new PcmCache(folder, 100 * MIB);
  t.equal(cache.find(key(1)), undefined);
  const sound = put(cache, key(1), 123_457);
  t.match(sound, { sampleRate: 44100, channels: 2, frames: 123_457 });
  const { file } = sound;
  const bytes = new PcmSource(file).read(file.dataOffset, sound.frames * frameBytes(file));
  const out = [new Float32Array(sound.frames), new Float32Array(sound.frames)];
  t.equal(unpackSamples(bytes, file, out, 0, sound.frames), -1);
  t.same(out, planesOf(123_457, 1));
  for (let n = 0; n < 3; n++) t.same(cache.find(key(1)), sound);
  t.doesNotThrow(() => new PcmSource(file).look(), 'it is not taken for a file that was changed');
  t.same(parts(folder), []);
});

t.test('the name is of the file as it is, and of the rate', async (t) => {
  const path = join(t.testdir({ 'a.mp3': 'abc' }), 'a.mp3');
  const before = PcmCache.keyOf(path, 48000);
  t.equal(PcmCache.keyOf(path, 48000), before);
  t.not(PcmCache.keyOf(path, 44100), before);
  writeFileSync(path, 'abcd');
  t.not(PcmCache.keyOf(path, 48000), before);
  t.throws(() => PcmCache.keyOf(`${path}x`, 48000), { code: 'MEDIA_MISSING' });
});

t.test('what was not used for longest goes first; what is young stays', async (t) => {
  const folder = join(t.testdir({}), 'pcm');
  const cache = new PcmCache(folder, 3 * MIB);
  const frames = MIB / 8 - 1000; // a little below 1 MiB
  for (const n of [1, 2, 3]) put(cache, key(n), frames);
  const age = (n: number, seconds: number) => {
    const path = join(folder, `${key(n)}.wav`);
    utimesSync(path, Date.now() / 1000 - seconds, statSync(path).mtimeMs / 1000);
  };
  age(1, 3000);
  age(2, 2000);
  age(3, 1000);
  t.ok(cache.find(key(1)), 'it is used again');
  put(cache, key(4), frames);
  const kept = () => [1, 2, 3, 4, 5].filter((n) => existsSync(join(folder, `${key(n)}.wav`)));
  t.same(kept(), [1, 3, 4]);
  age(1, 5);
  age(3, 4);
  age(4, 3);
  put(cache, key(5), frames);
  t.same(kept(), [1, 3, 4, 5], 'all of them may be on their way into a task');
});

t.test('more than the limit is refused while it is written, and leaves nothing', async (t) => {
  const folder = join(t.testdir({}), 'pcm');
  const writer = new PcmCache(folder, MIB).create(key(1), 48000, 2);
  const planes = planesOf(10_000, 1);
  t.throws(
    () => {
      for (;;) writer.write(planes, 10_000);
    },
    { code: 'TOO_LARGE', details: { maxBytes: MIB } },
  );
  writer.abort();
  t.same(readdirSync(folder), []);
});

t.test('what a crash left is removed when it is old; what is no sound is made again', async (t) => {
  const folder = join(t.testdir({}), 'pcm');
  mkdirSync(folder);
  writeFileSync(join(folder, 'old.part'), 'x');
  utimesSync(join(folder, 'old.part'), 1, 1);
  writeFileSync(join(folder, 'new.part'), 'x');
  writeFileSync(join(folder, `${key(1)}.wav`), 'no sound');
  const cache = new PcmCache(folder, 100 * MIB);
  t.equal(cache.find(key(1)), undefined);
  put(cache, key(1), 5000);
  t.ok(cache.find(key(1)));
  t.same(parts(folder), ['new.part']);
  truncateSync(join(folder, `${key(1)}.wav`), 1000);
  t.equal(cache.find(key(1)), undefined, 'one that is cut short is not taken');
});

t.test('a folder that cannot be written is told of', async (t: Test) => {
  const folder = join(t.testdir({ pcm: 'a file' }), 'pcm');
  t.throws(() => new PcmCache(folder, MIB).create(key(1), 48000, 2), { code: 'MEDIA_UNREADABLE' });
  rmSync(folder);
});
