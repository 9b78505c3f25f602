import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asAudioCloudError, type EngineEvent, RecordedFiles, check, type Task } from '@audiocloud/api';
import t from 'tap';
import { openMedia } from '../media/open-media.ts';
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
  const listen = (event: EngineEvent) => {
    if (event.type !== 'progress' || event.job !== job) return;
    armed.resolve();
    heard.push(event.frames);
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
  return { job, path, armed: armed.promise, outcome, heard };
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
