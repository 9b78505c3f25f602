import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, ENGINE_PROTOCOL, ExportedFiles, type ExportOutput } from '@audiocloud/api';
import t from 'tap';
import { RunningEngine } from '../../test/running-engine.ts';
import { until } from '../../test/until.ts';
import { openMedia } from '../media/open-media.ts';

/** Two stems, and a mix of them in which one is turned down. */
const GRAPH = {
  sampleRate: 48000,
  instances: {
    low: { model: 'audiocloud:tone', parameters: { frequency: 220, level: -20 } },
    high: { model: 'audiocloud:tone', parameters: { frequency: 1777, level: -26 } },
  },
  connections: {
    lowOut: { from: { node: 'low' }, to: { node: 'lows' } },
    highOut: { from: { node: 'high' }, to: { node: 'highs' } },
    lowMix: { from: { node: 'low' }, to: { node: 'mix' } },
    highMix: { from: { node: 'high' }, to: { node: 'mix' } },
  },
  sinks: {
    mix: { kind: 'stream', channels: 2 },
    lows: { kind: 'stream', channels: 2 },
    highs: { kind: 'stream', channels: 2 },
  },
};

const folder = mkdtempSync(join(tmpdir(), 'exports-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const engine = await RunningEngine.start();
t.teardown(() => engine.remove());
const link = await engine.link();
await link.command('hello', { protocol: ENGINE_PROTOCOL }); // events come from now on
let jobs = 0;

type Progress = { job: string; frames: number; ofFrames: number; bytes: number[] };
const progresses = (job: string): Progress[] =>
  link.events.flatMap((one) => (one.type === 'progress' && one.job === job ? [one as Progress] : []));
async function progressOf(job: string, isWanted: (one: Progress) => boolean = () => true): Promise<Progress> {
  await until(`progress of ${job}`, () => progresses(job).some(isWanted));
  return progresses(job).find(isWanted)!;
}

interface More {
  loudnessLink?: string;
  isRealtime?: boolean;
  sampleRate?: number;
  toSeconds?: number;
}
async function exported(outputs: ExportOutput[], more: More = {}): Promise<ExportedFiles> {
  const job = `job-${++jobs}`;
  const answer = await link.command('export', { job, graph: GRAPH, media: {}, toSeconds: 1, outputs, ...more });
  return check(ExportedFiles, answer, 'the answer to export', 'MESSAGE_INVALID');
}

t.test('one render gives several files, and stems add up to the mix', async (t) => {
  const { outputs, failed } = await exported([
    { path: at('mix.wav'), format: 'wav', depth: 'f32' },
    { path: at('lows.wav'), format: 'wav', depth: 'f32', sink: 'lows' },
    { path: at('highs.wav'), format: 'wav', depth: 'f32', sink: 'highs' },
    { path: at('mix.flac'), format: 'flac', depth: 's16', sink: 'mix' },
    { path: at('mix.mp3'), format: 'mp3', sink: 'mix', tags: { title: 'Mix' } },
    { path: at('highs.opus'), format: 'opus', sink: 'highs' },
  ]);
  t.same(failed, []);
  t.same(
    outputs.map(({ sink, format, frames }) => [sink, format, frames]),
    [
      ['mix', 'wav', 48000],
      ['lows', 'wav', 48000],
      ['highs', 'wav', 48000],
      ['mix', 'flac', 48000],
      ['mix', 'mp3', 48000],
      ['highs', 'opus', 48000],
    ],
  );
  for (const { path, bytes, frames } of outputs) {
    t.equal(statSync(path).size, bytes, path);
    t.equal((await openMedia(path)).frames, frames, path);
  }
  const [mix, lows, highs] = await Promise.all(['mix', 'lows', 'highs'].map((name) => openMedia(at(`${name}.wav`))));
  // two rounded values are added instead of being added before they are rounded: a step of f32 at most
  t.ok(mix!.data[0]!.every((x, i) => Math.abs(x - lows!.data[0]![i]! - highs!.data[0]![i]!) < 1e-7));
  t.ok(mix!.data[0]!.some((x) => x > 0.1));
});

t.test('loudness: a target is reached, its true peak holds, and linked stems still add up', async (t) => {
  const loudness = { integratedLufs: -16, truePeakDb: -1 };
  const wav = (name: string, sink: string) =>
    ({ path: at(`${name}.wav`), format: 'wav', depth: 'f32', sink, loudness }) as const;
  const own = await exported([wav('mix', 'mix'), wav('highs', 'highs')], { toSeconds: 2 });
  for (const { loudness: found, isPeakLimited, sink } of own.outputs) {
    t.ok(Math.abs(found!.integratedLufs! + 16) < 0.01, `${sink}: ${found!.integratedLufs}`);
    t.equal(isPeakLimited, false);
  }
  t.not(own.outputs[0]!.gainDb, own.outputs[1]!.gainDb);
  const stems = await exported(
    [wav('lows', 'lows'), wav('highs', 'highs'), { ...wav('whole', 'mix'), loudness: loudness }],
    {
      toSeconds: 2,
      loudnessLink: 'first',
    },
  );
  t.equal(new Set(stems.outputs.map(({ gainDb }) => gainDb)).size, 1, 'one gain');
  const sum = await exported([wav('lows', 'lows'), wav('highs', 'highs')], { toSeconds: 2, loudnessLink: 'sum' });
  t.ok(Math.abs(sum.outputs[0]!.gainDb! - own.outputs[0]!.gainDb!) < 1e-6, 'the gain of the mix, which is their sum');
  const limited = await exported([{ ...wav('mix', 'mix'), loudness: { integratedLufs: -3, truePeakDb: -6 } }]);
  t.match(limited.outputs[0], { isPeakLimited: true });
  t.ok(Math.abs(limited.outputs[0]!.loudness!.truePeakDb! + 6) < 0.001, 'at the peak that it may have');
  t.same(
    readdirSync(folder).filter((name) => /part|spool/.test(name)),
    [],
  );
});

t.test(
  'progress tells of both passes, and what of the growing file is there; a reader that follows gets the file',
  async (t) => {
    const job = 'followed';
    const asked = link.command('export', {
      job,
      graph: GRAPH,
      media: {},
      toSeconds: 30,
      outputs: [
        { path: at('f.mp3'), partPath: at('f.growing'), format: 'mp3' },
        { path: at('g.wav'), format: 'wav', loudness: { integratedLufs: -20 } },
      ],
    });
    const early = await progressOf(job, ({ bytes }) => bytes[0]! > 0);
    t.ok(statSync(at('f.growing')).size >= early.bytes[0]!, 'so many bytes are there');
    const head = readFileSync(at('f.growing')).subarray(0, early.bytes[0]!);
    await asked;
    t.ok(readFileSync(at('f.mp3')).subarray(0, head.length).equals(head), 'and stay as they are');
    const seen = progresses(job);
    t.equal(seen.at(-1)!.frames, 2 * 30 * 48000);
    t.ok(seen.every(({ frames, ofFrames }, i) => ofFrames === 2 * 30 * 48000 && frames >= (seen[i - 1]?.frames ?? 0)));
  },
);

t.test('cancel leaves no file, and one that was there as it was', async (t) => {
  writeFileSync(at('kept.flac'), 'as it was');
  const outputs = [
    { path: at('kept.flac'), format: 'flac' },
    { path: at('none.opus'), format: 'opus', loudness: { integratedLufs: -14 } },
  ];
  const asked = link.command('export', { job: 'long', graph: GRAPH, media: {}, toSeconds: 20_000, outputs });
  const refused = t.rejects(asked, { code: 'RENDER_CANCELLED' });
  await progressOf('long');
  await link.command('cancel', { job: 'long' });
  await refused;
  t.equal(statSync(at('kept.flac')).size, 9);
  t.same(
    readdirSync(folder).filter((name) => /part|spool|none/.test(name)),
    [],
  );
});

t.test('refusals name what is wrong', async (t) => {
  const refused = (output: object, code: string, message: RegExp, more: More = {}) =>
    t.rejects(exported([{ path: at('x'), format: 'wav', ...output } as ExportOutput], more), { code, message });
  await refused({ format: 'flac', depth: 'f32' }, 'REQUEST_INVALID', /s16 or s24/);
  await refused({ format: 'opus', sampleRate: 44100 }, 'REQUEST_INVALID', /48000/);
  await refused({ format: 'mp3', bitRate: 100_000 }, 'REQUEST_INVALID', /96000, 112000/);
  await refused({ sink: 'other' }, 'SINK_UNKNOWN', /mix, lows, highs/);
  await refused({ path: 'here' }, 'REQUEST_INVALID', /absolute/);
  await refused({ path: at('no/such/folder') }, 'RENDER_FAILED', /ENOENT/);
  await t.rejects(
    exported([
      { path: at('x'), format: 'wav' },
      { path: at('x'), format: 'flac' },
    ]),
    {
      code: 'REQUEST_INVALID',
      message: /twice/,
    },
  );
  await refused({}, 'REQUEST_INVALID', /plays at 48000 Hz/, { isRealtime: true, sampleRate: 44100 });
  t.notOk(existsSync(at('x')));
});

t.test('in real time: what the device plays is written, frame by frame from the start', async (t) => {
  const offline = await exported([{ path: at('offline.wav'), format: 'wav', depth: 'f32' }]);
  const { outputs, missedBlocks } = await exported(
    [
      { path: at('played.wav'), format: 'wav', depth: 'f32' },
      { path: at('played.flac'), format: 'flac', sink: 'highs' },
    ],
    { isRealtime: true },
  );
  t.match(outputs, [{ frames: 48000 }, { frames: 48000, sink: 'highs' }]);
  if (missedBlocks === 0) t.equal(outputs[0]!.sha256, offline.outputs[0]!.sha256, 'the same bytes as offline');
});
