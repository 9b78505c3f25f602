import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  asAudioCloudError,
  check,
  type EngineEvent,
  type ExportOutput,
  OUTPUT_FORMAT_FACTS,
  RecordedFiles,
  type Task,
} from '@audiocloud/api';
import t from 'tap';
import { openMedia } from '../media/open-media.ts';
import { WAV_HEADER_BYTES } from '../media/wav-header.ts';
import { SINK_RING_FRAMES, SinkRing } from '../render/sink-ring.ts';
import { Engine } from './engine.ts';
import { engineSettings } from './engine-settings.ts';

const folder = t.testdir();
const plugins = join(import.meta.dirname, '../../plugins');
const engine = await Engine.start(
  // 1.4 s in store: no block is missed, however busy the machine is.
  engineSettings(['--data', folder, '--plugins', plugins], {
    AUDIOCLOUD_DEVICE: 'paced',
    AUDIOCLOUD_BLOCK_FRAMES: '1024',
    AUDIOCLOUD_BUFFER_BLOCKS: '64',
  }),
);
t.teardown(() => engine.close());
const graph: Task = {
  sampleRate: 48_000,
  lengthSeconds: 0.5,
  instances: { tone: { model: 'audiocloud:tone' }, gain: { model: 'audiocloud:gain', parameters: { gain: -6 } } },
  connections: {
    loud: { from: { node: 'tone' }, to: { node: 'loud' } },
    toGain: { from: { node: 'tone' }, to: { node: 'gain' } },
    soft: { from: { node: 'gain' }, to: { node: 'soft' } },
  },
  sinks: { loud: { kind: 'stream', channels: 2 }, soft: { kind: 'stream', channels: 2 } },
};
await engine.tasks.load('main.tone', 1, graph, {});
let count = 0;

/** Begins to record; `armed` settles when the recorder hears. */
function record(more: object = {}) {
  const job = `job-${++count}`;
  const path = (name: string) => join(folder, `${job}-${name}`);
  const armed = Promise.withResolvers<void>();
  const heard: number[] = [];
  const told: Extract<EngineEvent, { type: 'progress' }>[] = [];
  const listen = (event: EngineEvent) => {
    if (event.type !== 'progress' || event.job !== job) return;
    armed.resolve();
    heard.push(event.frames);
    told.push(event);
  };
  engine.on('event', listen);
  const made = engine.recordings
    .record({
      job,
      task: 'main.tone',
      outputs: [
        { sink: 'loud', format: 'wav', depth: 'f32', path: path('loud.wav') },
        { sink: 'soft', format: 'flac', path: path('soft.flac') },
      ],
      ...more,
    })
    .finally(() => engine.off('event', listen));
  const outcome = made.then(
    (files) => ({ files: check(RecordedFiles, files, 'what was recorded', 'MESSAGE_INVALID'), error: undefined }),
    (error) => ({ files: undefined, error: asAudioCloudError(error) }),
  );
  return { job, path, armed: armed.promise, outcome, heard, told };
}
const transport = (change: object) => engine.tasks.transport('main.tone', change);
const isNothingLeft = () => readdirSync(folder).every((name) => !name.includes('.take') && !name.endsWith('.part'));

t.test('a play is recorded from its first frame, every sink, as it is rendered offline', async (t) => {
  const { armed, outcome, path, heard } = record({ fromSeconds: 0.1, toSeconds: 0.4 });
  await armed;
  await transport({ positionSeconds: 0.1, play: true });
  const { files } = await outcome;
  await transport({ play: false });
  t.match(files, { sampleRate: 48_000, frames: 14_400, lostFrames: 0, failed: [] });
  t.match(files!.outputs, [{ frames: 14_400, channels: 2 }, { frames: 14_400 }]);
  t.same([heard[0], heard.at(-1)], [0, 14_400]);
  const whole = join(folder, 'offline.wav');
  await engine.renders.export({
    job: 'offline',
    graph,
    media: {},
    outputs: [{ sink: 'loud', format: 'wav', depth: 'f32', path: whole }],
    fromSeconds: 0.1,
    toSeconds: 0.4,
  });
  const [recorded, rendered] = [await openMedia(path('loud.wav')), await openMedia(whole)];
  t.ok(recorded.data[0]!.some((one) => one !== 0));
  t.ok(
    recorded.data.every((channel, c) => channel.every((one, i) => one === rendered.data[c]![i])),
    'bit for bit',
  );
  t.ok(isNothingLeft());
});

const rendered = async (outputs: readonly ExportOutput[], toSeconds: number) =>
  (await engine.renders.export({ job: `offline-${++count}`, graph, media: {}, outputs: [...outputs], toSeconds }))
    .outputs;

t.test('files of every format have the bytes of the offline render, with a loudness target as well', async (t) => {
  const outputs = (folderOf: string): ExportOutput[] => [
    { sink: 'loud', format: 'wav', depth: 's24', path: join(folder, `${folderOf}.wav`) },
    { sink: 'soft', format: 'flac', sampleRate: 44_100, path: join(folder, `${folderOf}.flac`) },
    { sink: 'soft', format: 'mp3', path: join(folder, `${folderOf}.mp3`) },
    { sink: 'loud', format: 'opus', path: join(folder, `${folderOf}.opus`) },
    { sink: 'loud', format: 'wav', loudness: { integratedLufs: -30 }, path: join(folder, `${folderOf}-even.wav`) },
  ];
  const { armed, outcome, told } = record({ outputs: outputs('played') });
  await armed;
  await transport({ positionSeconds: 0, play: true });
  const { files } = await outcome;
  await transport({ play: false });
  const wanted = await rendered(outputs('offline'), 0.5);
  for (const [i, { sha256, format }] of files!.outputs.entries()) t.equal(sha256, wanted[i]!.sha256, format);
  const untilHeard = told.filter(({ frames }) => frames < 24_000);
  t.ok(
    untilHeard.every(({ bytes }) => !bytes || bytes[4] === 0),
    'what has to be as loud as wanted waits for its gain',
  );
  t.ok(isNothingLeft());
});

t.test('files grow while their task plays, of two recordings at once; what is there stays as it is', async (t) => {
  const follow = (name: string) => {
    const outputs = (['wav', 'flac'] as const).map((format) => ({
      ...{ sink: 'loud', format, depth: 's16' as const },
      path: join(folder, `${name}.${format}`),
      partPath: join(folder, `${name}.${format}.growing`),
    }));
    return { outputs, ...record({ outputs, toSeconds: 15 }) };
  };
  const both = [follow('one'), follow('two')];
  const wanted = both[0]!.outputs.map(({ format, depth, sink }) => ({
    ...{ format, depth, sink },
    path: join(folder, `whole.${format}`),
  }));
  await rendered(wanted, 15);
  for (const { armed } of both) await armed;
  await transport({ positionSeconds: 0, play: true });
  for (const { told, outputs, job, outcome } of both) {
    const isSounding = ({ bytes }: (typeof told)[number]) => bytes?.every((one) => one > WAV_HEADER_BYTES + 1000);
    while (!told.some(isSounding)) await sleep(5);
    const early = told.find(isSounding)!;
    t.ok(early.frames > 0 && early.frames < early.ofFrames, `after ${early.frames} of ${early.ofFrames} frames`);
    for (const [i, { partPath, format }] of outputs.entries()) {
      const { rewrittenBytes: from } = OUTPUT_FORMAT_FACTS[format];
      const there = readFileSync(partPath).subarray(from, early.bytes![i]);
      t.equal(there.length, early.bytes![i]! - from);
      t.ok(there.equals(readFileSync(wanted[i]!.path).subarray(from, early.bytes![i])), `${format} as offline`);
    }
    await engine.recordings.cancel(job);
    t.match(await outcome, { error: { code: 'RENDER_CANCELLED' } });
  }
  await transport({ play: false });
  t.ok(isNothingLeft());
  t.notOk(readdirSync(folder).some((name) => name.endsWith('.growing')));
});

t.test('frames that are gone before they are read are zeros in their place, and counted', async (t) => {
  const path = join(folder, 'lost.wav');
  const outputs: ExportOutput[] = [{ sink: 'loud', format: 'wav', depth: 'f32', path }];
  const { armed, outcome, told } = record({ outputs, toSeconds: 4 });
  await armed;
  await transport({ positionSeconds: 0, play: true });
  while (!told.some(({ bytes = [0] }) => bytes[0]! > WAV_HEADER_BYTES)) await sleep(5);
  const ring = new SinkRing(engine.tasks.recorded('main.tone')!.loaded.heard('loud')!.ring);
  const until = ring.written + SINK_RING_FRAMES + 10_000;
  // Nobody reads while this thread stands still.
  while (ring.written < until && Atomics.wait(ring.sequence, 0, ring.sequence[0]!, 5000) !== 'timed-out');
  const { files } = await outcome;
  await transport({ play: false });
  const { frames, lostFrames } = files!;
  t.equal(frames, 192_000);
  t.ok(lostFrames > 10_000 && lostFrames < frames, `${lostFrames} frames`);
  const whole = join(folder, 'not-lost.wav');
  await rendered([{ ...outputs[0]!, path: whole }], 4);
  const [found, wanted] = [(await openMedia(path)).data[0]!, (await openMedia(whole)).data[0]!];
  const first = found.findIndex((one, i) => one !== wanted[i]);
  const isAsWanted = (one: number, i: number) => one === (i < first || i >= first + lostFrames ? wanted[i] : 0);
  t.equal(found.length, frames);
  t.ok(found.every(isAsWanted), 'all others are where they belong');
});

t.test('a file that cannot be written ends its recording at once', async (t) => {
  const outputs = [
    { sink: 'loud', format: 'wav', path: join(folder, 'there.wav') },
    { sink: 'soft', format: 'wav', path: join(folder, 'no/such/folder.wav') },
  ];
  const { armed, outcome, heard } = record({ outputs, toSeconds: 3600 });
  await armed;
  await transport({ positionSeconds: 0, play: true });
  t.match(await outcome, { error: { code: 'RENDER_FAILED', message: /folder\.wav.*ENOENT/ } });
  t.ok(heard.at(-1)! < 3600 * 48_000);
  await transport({ play: false });
  t.ok(isNothingLeft());
  t.notOk(existsSync(join(folder, 'there.wav')));
});

t.test('it ends where the task does when nothing else is said, and follows a task that comes later', async (t) => {
  await engine.tasks.unload('main.tone');
  const { armed, outcome } = record();
  await armed;
  await engine.tasks.load('main.tone', 1, graph, {});
  await transport({ play: true });
  t.match((await outcome).files, { frames: 24_000 });
  await transport({ play: false });
});

t.test('what is not one play from the place that was asked for is no recording', async (t) => {
  const begin = async (positionSeconds: number) => {
    const recording = record({ toSeconds: 5 });
    await recording.armed;
    await transport({ positionSeconds, play: true });
    return recording;
  };
  const wanted = async ({ outcome }: ReturnType<typeof record>, pattern: RegExp) => {
    const { error } = await outcome;
    await transport({ play: false });
    t.match(error, { code: 'EXPORT_INTERRUPTED', message: pattern });
  };
  await wanted(await begin(1), /it plays from 1 s, wanted 0 s/);
  const stopped = await begin(0);
  while ((stopped.heard.at(-1) ?? 0) === 0) await sleep(5);
  await transport({ play: false });
  await wanted(stopped, /it stopped after \d+ of 240000 frames/);
  const moved = await begin(0);
  while ((moved.heard.at(-1) ?? 0) === 0) await sleep(5);
  await transport({ positionSeconds: 3 });
  await wanted(moved, /its playhead was moved/);
  const reloaded = await begin(0);
  while ((reloaded.heard.at(-1) ?? 0) === 0) await sleep(5);
  await engine.tasks.load('main.tone', 2, graph, {});
  await wanted(reloaded, /it was unloaded or loaded anew|it stopped/);
  t.ok(isNothingLeft());
});

t.test('cancelled, before and while it plays, it leaves nothing; a sink that is none is named', async (t) => {
  const waiting = record();
  await waiting.armed;
  await engine.recordings.cancel(waiting.job);
  t.match(await waiting.outcome, { error: { code: 'RENDER_CANCELLED' } });
  const playing = record({ toSeconds: 60 });
  await playing.armed;
  await transport({ positionSeconds: 0, play: true });
  while ((playing.heard.at(-1) ?? 0) === 0) await sleep(5);
  await engine.recordings.cancel(playing.job);
  t.match(await playing.outcome, { error: { code: 'RENDER_CANCELLED' } });
  t.notOk(existsSync(playing.path('loud.wav')));
  await transport({ play: false });
  const path = join(folder, 'none.wav');
  const none = record({ outputs: [{ sink: 'none', format: 'wav', path }] });
  await none.armed;
  await transport({ positionSeconds: 0, play: true });
  // A sink that may come later is waited for: who plays meanwhile is told when it ends.
  await sleep(50);
  await engine.recordings.cancel(none.job);
  t.match(await none.outcome, { error: { code: /RENDER_CANCELLED|SINK_UNKNOWN/ } });
  await transport({ play: false });
  t.ok(isNothingLeft());
});
