import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Task } from '@audiocloud/api';
import { OfflineRender, openTaskMedia, type RenderEvent, renderTask } from '@audiocloud/engine';
import t from 'tap';
import { distance, noise } from '../../plugins/testing/signals.ts';
import { audio, openRegistry, RATE } from '../../test/driven-task.ts';
import { seededRandom } from '../plugin/seeded-random.ts';

const registry = await openRegistry();
const folder = fileURLToPath(new URL('../../examples/tasks', import.meta.url));
const example = JSON.parse(readFileSync(`${folder}/example.json`, 'utf8')) as Task;
const media = await openTaskMedia(example, { folder, sampleRate: example.sampleRate });
const TO_SECONDS = 8;

/** The stock gains and equalizers of the example, moved at frames that stand on no block's edge. */
const random = seededRandom(5);
const events: RenderEvent[] = Array.from({ length: 60 }, () => {
  const frame = Math.floor(random() * TO_SECONDS * RATE);
  return random() < 0.5
    ? { frame, instance: 'master', parameter: 'gain', value: -20 * random() }
    : { frame, instance: 'master-eq', parameter: 'frequency', index: 1, value: 200 + 4000 * random() };
});

t.test('the example in blocks of any size is the same within 1e-6', async (t) => {
  for (const [name, given] of [
    ['as it is', []],
    ['with 60 events', events],
  ] as const) {
    const render = (blockFrames: number) =>
      renderTask({ task: example, media, registry, events: given, toSeconds: TO_SECONDS, blockFrames });
    const wanted = await render(128);
    t.ok(
      wanted.data[0]!.some((x) => Math.abs(x) > 0.1),
      'there is sound',
    );
    for (const blockFrames of [32, 64, 480, 1024]) {
      const { data, latencyFrames } = await render(blockFrames);
      t.equal(latencyFrames, wanted.latencyFrames);
      for (const c of [0, 1]) {
        const error = distance(data[c]!, wanted.data[c]!);
        t.ok(error < 1e-6, `${name}, blocks of ${blockFrames}, channel ${c}: ${error}`);
      }
    }
  }
  const moved = await renderTask({ task: example, media, registry, events, toSeconds: TO_SECONDS });
  const still = await renderTask({ task: example, media, registry, toSeconds: TO_SECONDS });
  t.ok(distance(moved.data[0]!, still.data[0]!) > 0.01, 'the events are heard');
});

t.test('from and to of a task with latency: the first frame is that of the timeline', async (t) => {
  const sound = noise(20000, 9);
  const task: Task = {
    sampleRate: RATE,
    tracks: { track: { channels: 1, clips: [{ media: 'sound', startSeconds: 0 }] } },
    instances: { late: { model: 'audiocloud:delay', widths: { in: 1 }, parameters: { delay: 1000 } } },
    connections: {
      a: { from: { node: 'track' }, to: { node: 'late' } },
      b: { from: { node: 'late' }, to: { node: 'main' } },
    },
    sinks: { main: { kind: 'stream', channels: 1 } },
  };
  const [from, to] = [5001, 9003];
  const { data, latencyFrames } = await renderTask({
    task,
    media: { sound: audio(sound) },
    registry,
    fromSeconds: from / RATE,
    toSeconds: to / RATE,
  });
  t.equal(latencyFrames, 1000);
  t.same(data[0], sound.slice(from, to));
});

t.test('progress rises to the whole; cancelling ends the render with a code', async (t) => {
  const seen: number[] = [];
  const onProgress = (done: number, total: number) => {
    if (total !== 30 * RATE) t.fail(`${total} in all`);
    seen.push(done);
  };
  const options = { task: example, media, registry, toSeconds: 30 };
  await renderTask({ ...options, onProgress });
  t.equal(seen.at(-1), 30 * RATE);
  t.same(
    seen,
    [...seen].sort((a, b) => a - b),
  );

  const stop = new AbortController();
  const render = OfflineRender.start({ ...options, signal: stop.signal });
  let frames = 0;
  const all = async () => {
    for await (const piece of render.pieces()) {
      frames += piece.frames;
      if (frames >= RATE) stop.abort();
    }
  };
  await t.rejects(all(), { code: 'RENDER_CANCELLED', message: new RegExp(`after \\d+ of ${30 * RATE} frames`) });
  t.ok(frames >= RATE && frames < 2 * RATE);
  t.match(render.state.instances['master'], { state: 'running' }, 'and says what became of the instances');
});

t.test('what cannot be rendered is refused before anything is', async (t) => {
  const start = (more: object) => () => OfflineRender.start({ task: example, media, registry, ...more });
  for (const blockFrames of [0, 8193, 1.5, Number.NaN])
    t.throws(start({ blockFrames }), { code: 'REQUEST_INVALID', message: /1 to 8192/ });
  for (const seconds of [-1, Number.NaN, Number.POSITIVE_INFINITY, 864_001]) {
    t.throws(start({ fromSeconds: seconds }), { code: 'REQUEST_INVALID', message: /0 to 864000/ });
    t.throws(start({ toSeconds: seconds }), { code: 'REQUEST_INVALID', message: /0 to 864000/ });
  }
  t.throws(start({ fromSeconds: 2, toSeconds: 2 }), { code: 'REQUEST_INVALID', message: /after the start/ });
  t.throws(start({ sink: 'side' }), { code: 'SINK_UNKNOWN', message: /main.*side/ });
  for (const frame of [-1, 0.5, Number.NaN])
    t.throws(start({ events: [{ frame, instance: 'master', parameter: 'gain', value: 0 }] }), {
      code: 'REQUEST_INVALID',
    });
});
