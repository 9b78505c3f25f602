import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ENGINE_PROTOCOL, type EngineCounters, type Task } from '@audiocloud/api';
import { Registry, renderTask } from '@audiocloud/engine';
import t from 'tap';
import { noiseFile } from '../engine/disk/testing/long-file.ts';
import { type EngineLink, RunningEngine } from './running-engine.ts';

/* An engine process plays media from the disk as it plays them from memory, and says what is wrong with a file. */

const RATE = 48000;
const registry = Registry.open([fileURLToPath(new URL('../plugins', import.meta.url))]);

const graph = (clips: NonNullable<Task['tracks']>[string]['clips']): Task => ({
  sampleRate: RATE,
  media: { long: { path: 'long.wav' }, other: { path: 'other.wav' } },
  tracks: { track: { channels: 2, clips } },
  connections: { c: { from: { node: 'track' }, to: { node: 'main' }, gainDb: -12 } },
  sinks: { main: { kind: 'stream', channels: 2 } },
});
const clips = [
  { media: 'long', startSeconds: 0, fadeInSeconds: 0.5 },
  { media: 'other', startSeconds: 0.3, offsetSeconds: 2.1, lengthSeconds: 3 },
];

t.test('streamed media', { timeout: 120_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'audiocloud-streamed-'));
  const long = noiseFile(join(folder, 'long.wav'), { frames: 40 * RATE });
  const other = noiseFile(join(folder, 'other.wav'), { frames: 10 * RATE, seed: 7 });
  const paths = { long: join(folder, 'long.wav'), other: join(folder, 'other.wav') };
  const engine = await RunningEngine.start({
    environment: { AUDIOCLOUD_CACHE: join(folder, 'cache'), AUDIOCLOUD_DISK_FROM_SECONDS: '1' },
  });
  t.teardown(async () => {
    await engine.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  const link = await engine.link();
  await link.command('hello', { protocol: ENGINE_PROTOCOL });
  const wanted = await renderTask({
    task: graph(clips),
    media: { long: long.memory, other: other.memory },
    registry,
    toSeconds: 5,
    isGuarded: true,
  });

  await t.test('what is heard is the offline render from memory, bit for bit', async (t) => {
    await link.command('load', { task: 'a', revision: 1, graph: graph(clips), media: paths });
    link.ask({ type: 'listen', stream: 1, task: 'a', format: 'f32' });
    await link.command('transport', { task: 'a', change: { play: true, positionSeconds: 0 } });
    const heard = await soundOf(link, 1, 2 * RATE);
    const isWrong = (x: number, i: number) => !Object.is(x, wanted.data[i % 2]![heard.first + (i >> 1)]!);
    t.equal(heard.samples.findIndex(isWrong), -1, `${heard.samples.length} samples from frame ${heard.first} on`);
    t.ok(heard.samples.some((x) => Math.abs(x) > 0.1));
    const { tasks, disk } = await counters(link);
    t.equal(tasks['a']!.disk!.underruns, 0);
    t.ok(disk!.readBytes > 2 * RATE * 8);
  });

  await t.test('an instance that wants in its slot what was a clip gets all of it', async (t) => {
    const state = await link.command('edit', {
      task: 'a',
      revision: 2,
      edits: [
        {
          op: 'put',
          part: 'instances',
          name: 'sampler',
          value: { model: 'audiocloud:sampler', media: { samples: ['other'] } },
        },
      ],
      media: {},
    });
    t.equal(state.instances.sampler.state, 'running');
  });

  await t.test('a file that is cut short while it plays: the task plays on and says which', async (t) => {
    truncateSync(paths.long, 20 * RATE);
    const { state } = await link.event('state', (event) => event.state.error !== undefined);
    t.match(state, { state: 'playing', error: { code: 'MEDIA_DAMAGED', message: /long\.wav.*cut short/ } });
    t.match(await link.command('state', { task: 'a' }), { error: { code: 'MEDIA_DAMAGED' } });
    const change = { positionSeconds: 30 };
    t.match(await link.command('transport', { task: 'a', change }), { playing: true });
    await link.command('edit', {
      task: 'a',
      revision: 3,
      edits: [{ op: 'put', part: 'tracks', name: 'track', value: { channels: 2, clips: [clips[1]] } }],
      media: {},
    });
  });

  await t.test('a task that comes later is refused with the fault of the file', async (t) => {
    await t.rejects(link.command('load', { task: 'b', revision: 1, graph: graph(clips), media: paths }), {
      code: 'MEDIA_DAMAGED',
    });
    await link.command('unload', { task: 'a' });
  });
});

/** Frames of a stream that came, interleaved, and the frame of the play at which they begin. */
async function soundOf(link: EngineLink, stream: number, frames: number) {
  const packets = (await link.framesOf(stream, frames)).filter((packet) => packet.frames > 0);
  return { samples: packets.flatMap(({ samples }) => [...samples]), first: packets[0]!.streamFrame };
}

async function counters(link: EngineLink): Promise<EngineCounters> {
  const before = link.events.length;
  const { counters } = await link.event('counters', (event) => link.events.indexOf(event) >= before);
  return counters;
}
