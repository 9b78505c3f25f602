import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { InspectPool } from './inspect-pool.ts';
import { openMedia } from './open-media.ts';
import { ffmpeg, missingTool } from './reference-tool.ts';

t.setTimeout(120_000);

const pool = new InspectPool({ processes: 1 });
t.teardown(() => pool.close());
const LEAD = join(import.meta.dirname, '../../examples/media/lead.flac');
const noFfmpeg = missingTool('ffmpeg');

/** The file made of the example with these options, and what it is made into. */
function made(dir: string, name: string, change: (bytes: Buffer) => Uint8Array, ...options: string[]): string {
  const path = join(dir, name);
  ffmpeg('-i', LEAD, '-t', '3', ...options, path);
  writeFileSync(path, change(readFileSync(path)));
  return path;
}
const half = (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1);

t.test('containers that are cut off, empty or lie are refused', { skip: noFfmpeg }, async (t) => {
  const dir = t.testdir();
  const cases: [path: string, code: string, message: RegExp][] = [
    [made(dir, 'cut.m4a', half), 'MEDIA_DAMAGED', /moov atom not found/],
    [made(dir, 'cut-fast.m4a', half, '-movflags', '+faststart'), 'MEDIA_DAMAGED', /partial file|Invalid data|could be/],
    [made(dir, 'cut.caf', half), 'MEDIA_DAMAGED', /ffmpeg/],
    [made(dir, 'cut.aac', (bytes) => bytes.subarray(0, bytes.length - 100)), 'MEDIA_DAMAGED', /ffmpeg says/],
    [
      made(dir, 'zip.m4a', (bytes) =>
        Buffer.concat([bytes.subarray(0, 32), Buffer.from('PK\x03\x04'), Buffer.alloc(500)]),
      ),
      'MEDIA_DAMAGED',
      /moov|Invalid/,
    ],
    [
      made(dir, 'noise.mka', (bytes) => Buffer.concat([bytes.subarray(0, 40), Buffer.alloc(5000, 0x5a)])),
      'MEDIA_DAMAGED',
      /ff(mpeg|probe)/,
    ],
    [
      made(
        dir,
        'silent.mp4',
        (bytes) => bytes,
        '-f',
        'lavfi',
        '-i',
        'testsrc=d=1:s=32x32',
        '-map',
        '1:v',
        '-c:v',
        'mpeg4',
      ),
      'MEDIA_UNSUPPORTED',
      /without any sound/,
    ],
  ];
  for (const [path, code, message] of cases) {
    await t.rejects(pool.inspect({ path, peaksPath: `${path}.peaks` }), { code, message }, path);
    await t.rejects(openMedia(path), { code }, `${path}: as it is played`);
  }
  t.same(
    readdirSync(dir).filter((name) => /peaks|part/.test(name)),
    [],
  );
});

t.test('a container opens no other file: not by its references', { skip: noFfmpeg }, async (t) => {
  const dir = t.testdir();
  // QuickTime may keep its sound in another file (dref); the name of one is put where this one says `url `, itself
  const whole = made(dir, 'whole.mov', (bytes) => bytes, '-c:a', 'pcm_s16le');
  const bytes = readFileSync(whole);
  const at = bytes.indexOf('url \0\0\0\x01');
  t.ok(at > 0, 'it has a reference');
  bytes.writeUInt32BE(0, at + 4); // not: in this file
  writeFileSync(whole, bytes);
  const facts = await pool.inspect({ path: whole }).catch((error: Error) => error);
  // ffmpeg does not follow it: the sound is read from the same file, or refused
  if (!(facts instanceof Error)) t.equal(facts.frames, 144_000);
});

t.test('a file that needs ffmpeg says so where there is none', { skip: noFfmpeg }, async (t) => {
  const path = made(t.testdir(), 'a.m4a', (bytes) => bytes);
  const before = process.env['PATH'];
  const bare = new InspectPool({ processes: 1 });
  process.env['PATH'] = '/nowhere';
  try {
    await t.rejects(bare.inspect({ path }), {
      code: 'MEDIA_UNSUPPORTED',
      message:
        /looks like MP4 or M4A, which is read by ffmpeg, and that is not installed where the engine runs; install it/,
    });
    await t.resolves(bare.inspect({ path: LEAD }), 'others are read');
  } finally {
    process.env['PATH'] = before;
    bare.close();
  }
});

t.test('ffmpeg ends with the process that asked it', { skip: noFfmpeg }, async (t) => {
  const dir = t.testdir();
  // an hour of noise, so that ffmpeg is at work for a while
  ffmpeg('-f', 'lavfi', '-i', 'anoisesrc=d=3600:r=8000', '-c:a', 'wavpack', join(dir, 'long.wv'));
  const running = () =>
    readdirSync('/proc').filter((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(join(dir, 'long.wv'));
      } catch {
        return false;
      }
    });
  const until = async (is: () => boolean) => {
    while (!is()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const stop = new AbortController();
  const facts = pool.inspect({ path: join(dir, 'long.wv') }, { signal: stop.signal });
  const refused = t.rejects(facts, { code: 'RENDER_CANCELLED' });
  await until(() => running().length > 0);
  stop.abort();
  await refused;
  await until(() => running().length === 0);
  t.pass('nothing is left running');
});
