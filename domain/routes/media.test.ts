import { createHash } from 'node:crypto';
import { existsSync, readFileSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Media, MediaJob, Meters, Task } from '@audiocloud/api';
import t from 'tap';
import { sharedTestDomain, toneTask } from '../testing/test-domain.ts';
import { writeSine } from '../testing/write-sine.ts';

const domain = await sharedTestDomain(t);
const { call, refused, mediaDir, dataDir } = domain;
const song = join(mediaDir, 'song.wav');
let sha256 = '';

/** Waits until a job has ended. */
async function ended({ id }: MediaJob): Promise<MediaJob> {
  for (;;) {
    const { body } = await call('GET', `/v1/media-jobs/${id}`);
    if (body.endedAt !== undefined) return body;
    await sleep(5);
  }
}
async function imported(more: object = {}): Promise<MediaJob> {
  const { status, body } = await call('POST', '/v1/media', { from: { path: 'song.wav' }, ...more });
  if (status !== 202) throw new Error(`not taken: ${status} ${JSON.stringify(body)}`);
  return ended(body);
}
const playing = (media: string): Task => ({
  sampleRate: 48000,
  media: { song: { path: `media:${media}` } },
  tracks: { song: { channels: 1, clips: [{ media: 'song', startSeconds: 0 }] } },
  connections: { toOut: { from: { node: 'song' }, to: { node: 'out' } } },
  sinks: { out: { kind: 'stream', channels: 1 } },
});

t.test('a recording lies in the media folder', async (t) => {
  await writeSine(song, 2);
  sha256 = createHash('sha256').update(readFileSync(song)).digest('hex');
  t.ok(existsSync(song));
});

t.test('an import is acknowledged, done, listed, and told', async (t) => {
  const asked = await call('POST', '/v1/media', {
    from: { path: 'song.wav' },
    name: 'Song',
    tags: ['vocals', 'take 3'],
  });
  t.equal(asked.status, 202);
  t.equal(asked.headers.get('location'), `/v1/media-jobs/${asked.body.id}`);
  t.match(asked.body, { state: 'queued', desired: 'done', from: { path: 'song.wav' }, name: 'Song' });
  const job = await ended(asked.body);
  t.match(job, { state: 'done', media: asked.body.media, bytes: readFileSync(song).length, retries: 0 });
  const { body: media } = await call('GET', `/v1/media/${job.media}`);
  t.match(media, { id: job.media, name: 'Song', tags: ['vocals', 'take 3'], sha256, bytes: job.bytes });
  const { events } = (await call('GET', '/v1/events?limit=1000')).body;
  const told = events.filter(({ data }: { data: { job?: string } }) => data.job === job.id);
  t.match(told, [
    { type: 'media.requested', by: { request: /./ } },
    { type: 'media.imported', application: 'main', data: { media: job.media, sha256, bytes: job.bytes } },
  ]);
  t.match(
    (await call('DELETE', `/v1/media-jobs/${job.id}`)).body,
    { state: 'done', desired: 'done' },
    'it stays as it is',
  );
  await call('DELETE', `/v1/media/${job.media}`);
});

t.test('the same content is stored once, until the last of its media is deleted', async (t) => {
  const content = join(dataDir, 'imported', sha256.slice(0, 2), sha256);
  const [one, two] = [await imported(), await imported()];
  t.not(one.media, two.media);
  t.same(readFileSync(content), readFileSync(song));
  t.equal((await call('DELETE', `/v1/media/${one.media}?dryRun=true`)).status, 204);
  t.equal((await call('DELETE', `/v1/media/${one.media}`)).status, 204);
  t.ok(existsSync(content));
  t.equal((await call('DELETE', `/v1/media/${two.media}`)).status, 204);
  t.notOk(existsSync(content));
  await refused('MEDIA_UNKNOWN', 'GET', `/v1/media/${two.media}`);
  await refused('MEDIA_UNKNOWN', 'DELETE', `/v1/media/${two.media}`);
});

t.test('a task plays imported media, also when the file it came from is gone, and keeps them', async (t) => {
  const copy = join(mediaDir, 'copy.wav');
  await writeSine(copy, 2);
  const { media } = await imported({ from: { path: 'copy.wav' } });
  unlinkSync(copy);
  t.equal((await domain.create('player', playing(media))).status, 201);
  const live = await domain.live('player');
  await call('PATCH', '/v1/tasks/player/transport', { play: true });
  const heard = await live.next(
    'meters',
    ({ meters }: { meters: Meters }) => (meters.meters['out']?.peak[0] ?? 0) > 0.2,
  );
  t.ok(heard.transport.playing);
  const error = await refused('MEDIA_IN_USE', 'DELETE', `/v1/media/${media}`);
  t.same(error.details, { media, task: 'player' });
  await refused('MEDIA_IN_USE', 'DELETE', `/v1/media/${media}?dryRun=true`);
  const edits = [
    { op: 'remove', part: 'connections', name: 'toOut' },
    { op: 'remove', part: 'tracks', name: 'song' },
    { op: 'remove', part: 'media', name: 'song' },
  ];
  t.equal((await call('POST', '/v1/tasks/player/edits', { edits })).status, 200);
  t.equal((await call('DELETE', `/v1/media/${media}`)).status, 204);
  await refused('MEDIA_UNKNOWN', 'POST', '/v1/tasks', { task: playing(media) });
  await call('DELETE', '/v1/tasks/player');
});

t.test('nothing outside of the media folders is imported', async (t) => {
  const link = join(mediaDir, 'link.wav');
  symlinkSync('/etc/hostname', link);
  t.teardown(() => unlinkSync(link));
  for (const path of ['../data/store.db', '/etc/passwd', 'link.wav'])
    t.same((await refused('MEDIA_FORBIDDEN', 'POST', '/v1/media', { from: { path } })).details, { media: path, path });
  await refused('MEDIA_MISSING', 'POST', '/v1/media', { from: { path: 'none.wav' } });
  await refused('MEDIA_URL', 'POST', '/v1/media', { from: { url: 'file:///etc/passwd' } });
  await refused('UPLOAD_UNKNOWN', 'POST', '/v1/media', { from: { upload: 'upload-000000000000' } });
  for (const from of [{}, { path: 'song.wav', url: 'https://example.com/' }, { upload: '../song' }])
    await refused('REQUEST_INVALID', 'POST', '/v1/media', { from });
  const { jobs } = (await call('GET', '/v1/media-jobs?state=failed')).body;
  t.notOk(
    jobs.some(({ from }: { from: { path?: string } }) => from.path === 'none.wav' || from.path === 'link.wav'),
    'and no job is made of it',
  );
});

t.test('a request with a key imports once; a dry run imports nothing', async (t) => {
  const body = { from: { path: 'song.wav' } };
  const tried = await call('POST', '/v1/media?dryRun=true', body);
  t.match(tried, { status: 202, body: { state: 'queued' } });
  await refused('MEDIA_JOB_UNKNOWN', 'GET', `/v1/media-jobs/${tried.body.id}`);
  await refused('MEDIA_MISSING', 'POST', '/v1/media?dryRun=true', { from: { path: 'none.wav' } });
  const headers = { 'idempotency-key': 'import-once' };
  const [one, two] = [await call('POST', '/v1/media', body, headers), await call('POST', '/v1/media', body, headers)];
  t.same(one.body, two.body);
  const { media } = await ended(one.body);
  t.equal(
    (await call('DELETE', `/v1/media/${media}`, undefined, headers)).status,
    422,
    'the key is that of the import',
  );
  t.equal((await call('DELETE', `/v1/media/${media}`)).status, 204);
});

t.test('lists come in pages and by name, tag, hash and state', async (t) => {
  for (const [name, tags] of [
    ['Bass', ['low']],
    ['bass solo', ['low', 'solo']],
    ['Drums', []],
  ] as const)
    await imported({ name, tags });
  const names = async (query: string) =>
    (await call('GET', `/v1/media?${query}`)).body.media.map(({ name }: Media) => name).sort();
  t.same(await names('name=BASS'), ['Bass', 'bass solo']);
  t.same(await names('tag=solo'), ['bass solo']);
  t.same(await names(`sha256=${sha256}`), ['Bass', 'Drums', 'bass solo']);
  const first = (await call('GET', '/v1/media?limit=2')).body;
  const rest = (await call('GET', `/v1/media?limit=2&after=${first.next}`)).body;
  t.same([first.media.length, rest.media.length, rest.next], [2, 1, undefined]);
  const { jobs, next } = (await call('GET', '/v1/media-jobs?state=done&limit=3')).body;
  t.equal(jobs.length, 3);
  const more = (await call('GET', `/v1/media-jobs?state=done&limit=3&after=${next}`)).body.jobs;
  t.ok(more.length > 0 && more.every(({ id }: MediaJob) => id > jobs.at(-1).id));
});

t.test('the metrics count jobs', async (t) => {
  const { body } = await call('GET', '/metrics');
  t.match(body, /^audiocloud_domain_media_jobs\{state="running"\} 0$/m);
  t.match(body, /^audiocloud_domain_media_jobs_total\{state="done"\} [1-9]/m);
  t.match(body, /^audiocloud_domain_media_imported_bytes_total [1-9]/m);
});

t.test('a task names the media of its own application alone', async (t) => {
  const { media } = await imported();
  const plain = await refused('MEDIA_UNKNOWN', 'POST', '/v1/tasks', { task: playing('media-000000000000') });
  t.match(plain.message, 'there are no imported media media-000000000000');
  t.equal((await domain.create('own', playing(media))).status, 201);
  t.equal((await domain.create('tone', toneTask)).status, 201);
  const edits = [{ op: 'put', part: 'media', name: 'song', value: { path: 'media:media-000000000000' } }];
  await refused('MEDIA_UNKNOWN', 'POST', '/v1/tasks/tone/edits', { edits });
  for (const id of ['own', 'tone']) t.equal((await call('DELETE', `/v1/tasks/${id}`)).status, 204);
});

t.test('all of it can be deleted', async (t) => {
  for (const { id } of (await call('GET', '/v1/media')).body.media)
    t.equal((await call('DELETE', `/v1/media/${id}`)).status, 204);
  t.same((await call('GET', '/v1/media')).body, { media: [] });
});
