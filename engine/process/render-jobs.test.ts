import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Task } from '@audiocloud/api';
import t from 'tap';
import { openMedia } from '../media/open-media.ts';
import { Registry } from '../registry/registry.ts';
import { renderTask } from '../task/render-task.ts';
import { RenderJobs, type RenderJob, type RenderProgress } from './render-jobs.ts';

const STOCK = fileURLToPath(new URL('../../plugins', import.meta.url));
const graph: Task = {
  sampleRate: 48000,
  instances: { tone: { model: 'audiocloud:tone' } },
  connections: { out: { from: { node: 'tone' }, to: { node: 'main' } } },
  sinks: { main: { kind: 'stream', channels: 2 } },
};
const folder = mkdtempSync(join(tmpdir(), 'renders-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const told: RenderProgress[] = [];
const jobs = new RenderJobs({ pluginDirs: [STOCK], onProgress: (progress) => told.push(progress) });
const job = (id: string, more: Partial<RenderJob> = {}): RenderJob => ({
  job: id,
  graph,
  media: {},
  path: join(folder, `${id}.wav`),
  format: 'wav-f32',
  toSeconds: 0.5,
  ...more,
});

t.test('a file has the samples of the offline render, and progress is told to its end', async (t) => {
  t.same(await jobs.render(job('tone')), { sampleRate: 48000, channels: 2, frames: 24000, failed: [] });
  t.same(told.at(-1), { job: 'tone', frames: 24000, ofFrames: 24000 });
  const { data } = await renderTask({ task: graph, media: {}, registry: Registry.open([STOCK]), toSeconds: 0.5 });
  const file = await openMedia(join(folder, 'tone.wav'));
  t.ok(file.data.every((plane, c) => plane.every((x, i) => x === data[c]![i])));
});

t.test('what is cancelled leaves no file, also while it waits for its turn', async (t) => {
  writeFileSync(join(folder, 'waits.wav'), 'as it was');
  const long = jobs.render(job('long', { toSeconds: 100_000 }));
  const waits = jobs.render(job('waits'));
  const refusals = Promise.all([
    t.rejects(long, { code: 'RENDER_CANCELLED' }),
    t.rejects(waits, { code: 'RENDER_CANCELLED' }),
  ]);
  await jobs.cancel('waits'); // answered while the other one goes on
  await t.rejects(jobs.render(job('long')), { code: 'REQUEST_INVALID' }, 'an id is taken while it is rendered');
  await jobs.cancel('long');
  await refusals;
  t.notOk(existsSync(join(folder, 'long.wav')));
  t.equal(readFileSync(join(folder, 'waits.wav'), 'utf8'), 'as it was');
  await jobs.cancel('long');
  t.equal((await jobs.render(job('long'))).frames, 24000, 'its id is free again');
});

t.test('paths have to be whole, and no file that is read is written', async (t) => {
  const media = join(folder, 'tone.wav');
  await t.rejects(jobs.render(job('a', { path: 'here.wav' })), { code: 'REQUEST_INVALID', message: /absolute/ });
  await t.rejects(jobs.render(job('a', { media: { m: media }, path: media })), {
    code: 'REQUEST_INVALID',
    message: /reads/,
  });
  await t.rejects(jobs.render(job('a', { media: { m: `${media}.gone` } })), { code: 'MEDIA_MISSING' });
  await t.rejects(jobs.render(job('a', { sink: 'other' })), { code: 'SINK_UNKNOWN' });
});
