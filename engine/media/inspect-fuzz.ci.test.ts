import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AudioCloudError, check, MediaFacts } from '@audiocloud/api';
import t from 'tap';
import { InspectPool } from './inspect-pool.ts';
import { ffmpeg, missingTool } from './reference-tool.ts';
import { mutate, random, sealPages } from './testing/mutate.ts';

t.setTimeout(300_000);

const PAD = join(import.meta.dirname, '../../examples/media/pad.flac');
const SEEDS = Number(process.env['FUZZ_SEEDS'] ?? 40);
/** Where ffmpeg is started for each, which takes a quarter of a second. */
const FOREIGN_SEEDS = Math.ceil(SEEDS / 6);

/** Name, how ffmpeg makes it, and how many files become of it. */
const KINDS: [name: string, seeds: number, ...string[]][] = [
  ['a.wav', SEEDS],
  ['float.wav', SEEDS, '-c:a', 'pcm_f64le', '-rf64', 'always'],
  ['a.aiff', SEEDS],
  ['a.flac', SEEDS],
  ['a.mp3', SEEDS],
  ['vorbis.ogg', SEEDS],
  ['six.ogg', SEEDS, '-ac', '6'],
  ['a.opus', SEEDS],
  ['six.opus', SEEDS, '-ac', '6'],
  ['flac.ogg', SEEDS, '-c:a', 'flac'],
  ['adpcm.wav', FOREIGN_SEEDS, '-c:a', 'adpcm_ima_wav'],
  ['a.m4a', FOREIGN_SEEDS],
  ['a.aac', FOREIGN_SEEDS],
  ['a.mka', FOREIGN_SEEDS],
  ['a.caf', FOREIGN_SEEDS],
  ['a.wv', FOREIGN_SEEDS],
];
const KNOWN = ['MEDIA_DAMAGED', 'MEDIA_UNSUPPORTED', 'TOO_LARGE'];

t.test(
  'whatever is in a file, there are facts or a refusal, and no process is lost',
  { skip: missingTool('ffmpeg') },
  async (t) => {
    const pool = new InspectPool({ limits: { stallSeconds: 60 } });
    t.teardown(() => pool.close());
    const dir = t.testdir();
    const damaged = join(dir, 'damaged');
    for (const [name, seeds, ...args] of KINDS) {
      const whole = join(dir, name);
      ffmpeg('-i', PAD, '-t', '0.6', ...args, whole);
      const source = readFileSync(whole);
      const counts: Record<string, number> = {};
      const one = async (seed: number) => {
        const path = `${damaged}-${seed}`;
        const bytes = mutate(source, random(seed));
        writeFileSync(path, seed % 2 && /ogg|opus/.test(name) ? sealPages(bytes) : bytes);
        const error = await pool.inspect({ path, peaksPath: `${path}.peaks` }).then(
          (facts) => void check(MediaFacts, facts, 'facts', 'INTERNAL'),
          (thrown: unknown) =>
            thrown instanceof AudioCloudError ? thrown : new AudioCloudError('INTERNAL', `${thrown}`),
        );
        const what = error?.code ?? 'facts';
        counts[what] = (counts[what] ?? 0) + 1;
        if (error) {
          const { message } = error;
          const isLost = /broke down|no progress|MiB of memory/.test(message);
          if (!KNOWN.includes(what) || isLost) t.fail(`${name}, seed ${seed}: ${message}`);
          if (message.includes(dir)) t.fail(`${name}, seed ${seed}: tells where the file is: ${message}`);
        } else rmSync(`${path}.peaks`);
        rmSync(path);
      };
      await Promise.all(Array.from({ length: seeds }, (_, i) => one(i + 1)));
      t.ok((counts['MEDIA_DAMAGED'] ?? 0) > 0, `${name}: ${JSON.stringify(counts)}`);
      t.same(
        readdirSync(dir).filter((file) => file.startsWith('damaged')),
        [],
        `${name}: nothing is left`,
      );
    }
  },
);
