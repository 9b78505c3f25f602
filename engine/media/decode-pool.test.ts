import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AudioCloudError } from '@audiocloud/api';
import t from 'tap';
import { decodeInThread } from './decode-pool.ts';
import { ffmpeg, missingTool } from './reference-tool.ts';
import { mutate, random, sealPages } from './testing/mutate.ts';

t.setTimeout(120_000);

/** Recorded by nobody: the example's own music. Two channels, 48 kHz, 16 s. */
const PAD = join(import.meta.dirname, '../../examples/media/pad.flac');

t.test('a decoder without progress is ended, others go on', async (t) => {
  const path = join(t.testdir(), 'pad');
  copyFileSync(PAD, path);
  const job = { path, sampleRate: 47999, maxBytes: 2 ** 31 };
  // No decoder hangs at will, so the limits are shorter than the steps of honest work, six jobs at once.
  const limits = { everyMs: 1, cpuSeconds: 0.002, seconds: 0.02 };
  const jobs = Array.from({ length: 6 }, () => decodeInThread(job, undefined, limits));
  const other = decodeInThread({ ...job, sampleRate: 48000 });
  const ended = (await Promise.allSettled(jobs)).filter((result) => result.status === 'rejected');
  t.ok(ended.length > 0);
  for (const { reason } of ended)
    t.match(reason, { code: 'MEDIA_DAMAGED', message: /no progress for (0.002 s of work|0.02 s)/ });
  t.equal((await other).frames, 768000);
});

t.test('damaged files give sound or AudioCloudError, in time', { skip: missingTool('ffmpeg') }, async (t) => {
  const dir = t.testdir();
  const path = join(dir, 'damaged');
  for (const name of ['a.wav', 'a.flac', 'a.mp3', 'vorbis.ogg', 'a.opus', 'flac.ogg']) {
    const whole = join(dir, name);
    ffmpeg('-i', PAD, '-t', '0.6', ...(name === 'flac.ogg' ? ['-c:a', 'flac'] : []), whole);
    const source = readFileSync(whole);
    const codes = new Map<string, number>();
    for (let seed = 1; seed <= 40; seed++) {
      const damaged = mutate(source, random(seed));
      writeFileSync(path, seed % 2 && /ogg|opus/.test(name) ? sealPages(damaged) : damaged);
      const code = await decodeInThread({ path, sampleRate: undefined, maxBytes: 2 ** 28 }).then(
        (audio) => (audio.data.every((samples) => samples.every(Number.isFinite)) ? 'sound' : 'not finite'),
        (error) => (error instanceof AudioCloudError && !/no progress/.test(error.message) ? error.code : `${error}`),
      );
      codes.set(code, (codes.get(code) ?? 0) + 1);
      const known = ['sound', 'MEDIA_DAMAGED', 'MEDIA_UNSUPPORTED', 'TOO_LARGE'].includes(code);
      if (!known) t.fail(`${name}, seed ${seed}: ${code}`);
    }
    t.ok((codes.get('MEDIA_DAMAGED') ?? 0) > 5, `${name}: ${JSON.stringify([...codes])}`);
  }
});
