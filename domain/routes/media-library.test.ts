import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Media, MediaJob, Task } from '@audiocloud/api';
import t from 'tap';
import { AudioCloudClient } from '../../client/index.ts';
import { sharedTestDomain, toneTask } from '../testing/test-domain.ts';
import { writeSine } from '../testing/write-sine.ts';

const domain = await sharedTestDomain(t);
const { call, refused, mediaDir, dataDir } = domain;
const song = join(mediaDir, 'library.wav');
const SECONDS = 3;
let bytes = Buffer.alloc(0);
let media = '';

async function ended({ id }: MediaJob): Promise<MediaJob> {
  for (;;) {
    const { body } = await call('GET', `/v1/media-jobs/${id}`);
    if (body.endedAt !== undefined) return body;
    await sleep(5);
  }
}
async function imported(more: object = {}): Promise<MediaJob> {
  const { status, body } = await call('POST', '/v1/media', { from: { path: 'library.wav' }, ...more });
  if (status !== 202) throw new Error(`not taken: ${status} ${JSON.stringify(body)}`);
  return ended(body);
}
/** The bytes of an answer. */
async function fetched(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const answer = await fetch(domain.url + path, { method, headers });
  return { status: answer.status, headers: answer.headers, body: Buffer.from(await answer.arrayBuffer()) };
}
const playing = (id: string): Task => ({
  sampleRate: 48000,
  media: { song: { path: `media:${id}` } },
  tracks: { song: { channels: 1, clips: [{ media: 'song', startSeconds: 0 }] } },
  connections: { toOut: { from: { node: 'song' }, to: { node: 'out' } } },
  sinks: { out: { kind: 'stream', channels: 1 } },
});

t.test('what was imported is known: format, frames, loudness', async (t) => {
  await writeSine(song, SECONDS);
  bytes = readFileSync(song);
  ({ media } = await imported({ name: 'Größe' }));
  const { body } = await call('GET', `/v1/media/${media}`);
  const facts = { container: 'wav', sampleRate: 48_000, channels: 1, frames: 48_000 * SECONDS, isLossy: false };
  t.match(body, { durationSeconds: SECONDS, facts: { ...facts, bitDepth: 24 } });
  // A sine of amplitude 0.5 has -3.01 - 6.02 dB; K weighting adds 0.691 - 0.691 at 1 kHz and a little less at 440 Hz.
  t.ok(Math.abs(body.facts.loudness.integratedLufs + 9.7) < 0.5, `${body.facts.loudness.integratedLufs} LUFS`);
  t.ok(Math.abs(body.facts.loudness.samplePeakDb + 6.02) < 0.01);
});

t.test('what cannot be decoded fails, and nothing of it is kept', async (t) => {
  writeFileSync(join(mediaDir, 'noise.wav'), Buffer.alloc(50_000, 'not a sound '));
  writeFileSync(join(mediaDir, 'cut.wav'), bytes.subarray(0, 30));
  for (const path of ['noise.wav', 'cut.wav']) {
    const job = await imported({ from: { path } });
    t.match(job, { state: 'failed', error: { code: /^MEDIA_(UNSUPPORTED|DAMAGED)$/ } }, path);
    await refused('MEDIA_UNKNOWN', 'GET', `/v1/media/${job.media}`);
    const sha256 = createHash('sha256')
      .update(readFileSync(join(mediaDir, path)))
      .digest('hex');
    const all = readdirSync(join(dataDir, 'imported'), { recursive: true }).map(String);
    t.same(
      all.filter((name) => name.includes(sha256) || name.includes(job.id)),
      [],
    );
  }
});

t.test('the content comes back byte for byte, under a safe name, as what it is', async (t) => {
  const path = `/v1/media/${media}/content`;
  const whole = await fetched(path);
  t.equal(whole.status, 200);
  t.ok(whole.body.equals(bytes));
  t.match(Object.fromEntries(whole.headers), {
    'content-type': 'audio/wav',
    'content-length': String(bytes.length),
    'accept-ranges': 'bytes',
    'x-content-type-options': 'nosniff',
    'content-disposition': `attachment; filename="Gr__e.wav"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.wav`,
    'cache-control': 'private, no-cache',
  });
  const etag = whole.headers.get('etag')!;
  t.equal(etag, `"${createHash('sha256').update(bytes).digest('hex')}"`);
  t.equal((await fetched(path, { 'if-none-match': etag })).status, 304);
  const head = await fetched(path, {}, 'HEAD');
  t.same([head.status, head.headers.get('content-length'), head.body.length], [200, String(bytes.length), 0]);
});

t.test('a download is resumed where the bytes are the same', async (t) => {
  const path = `/v1/media/${media}/content`;
  const etag = (await fetched(path, {}, 'HEAD')).headers.get('etag')!;
  for (const [range, first, last] of [
    ['bytes=100-199', 100, 199],
    ['bytes=1000-', 1000, bytes.length - 1],
    ['bytes=-10', bytes.length - 10, bytes.length - 1],
  ] as const) {
    const part = await fetched(path, { range, 'if-range': etag });
    t.equal(part.status, 206, range);
    t.equal(part.headers.get('content-range'), `bytes ${first}-${last}/${bytes.length}`);
    t.ok(part.body.equals(bytes.subarray(first, last + 1)), range);
  }
  const other = await fetched(path, { range: 'bytes=5-', 'if-range': '"another"' });
  t.same([other.status, other.body.length], [200, bytes.length], 'another content comes as a whole');
  const several = await fetched(path, { range: 'bytes=0-1,5-6' });
  t.same([several.status, several.body.length], [200, bytes.length]);
  const beyond = await fetched(path, { range: `bytes=${bytes.length}-` });
  t.same([beyond.status, beyond.headers.get('content-range')], [416, `bytes */${bytes.length}`]);
  t.equal(JSON.parse(beyond.body.toString()).code, 'RANGE_INVALID');
});

t.test('peaks come as a whole and by level', async (t) => {
  const path = `/v1/media/${media}/peaks`;
  const whole = await fetched(path);
  t.equal(whole.body.toString('latin1', 0, 8), 'ACPEAKS\0');
  t.equal(Number(whole.body.readBigUInt64LE(16)), 48_000 * SECONDS);
  const framesPerPair = whole.body.readUInt32LE(32);
  const pairs = Math.ceil((48_000 * SECONDS) / framesPerPair);
  const level = await fetched(`${path}?level=0`);
  t.equal(level.headers.get('peaks-pairs'), String(pairs));
  t.equal(level.body.length, 4 * pairs);
  t.ok(level.body.equals(whole.body.subarray(128, 128 + 4 * pairs)));
  const part = await fetched(`${path}?level=0&fromFrame=${framesPerPair * 3 + 1}&toFrame=${framesPerPair * 5 + 1}`);
  t.same(
    ['peaks-first-frame', 'peaks-pairs', 'peaks-frames-per-pair'].map((name) => Number(part.headers.get(name))),
    [framesPerPair * 3, 3, framesPerPair],
  );
  t.ok(part.body.equals(level.body.subarray(12, 24)));
  const samples = Array.from({ length: pairs - 1 }, (_, i) => level.body.readInt16LE(4 * i + 2) / 32768);
  t.ok(
    samples.every((largest) => Math.abs(largest - 0.5) < 0.001),
    'each stretch of 256 frames has a crest of the sine',
  );
  t.equal((await fetched(`${path}?level=0&fromFrame=999999999`)).body.length, 0, 'behind the end there is nothing');
  t.not(part.headers.get('etag'), level.headers.get('etag'));
  t.equal((await fetched(path, { 'if-none-match': whole.headers.get('etag')! })).status, 304);
  t.same((await refused('REQUEST_INVALID', 'GET', `${path}?level=9`)).details, { level: 9, levels: 4 });
});

t.test('the client library reads both', async (t) => {
  const { media: routes } = new AudioCloudClient(domain.url);
  const { framesPerPair, firstFrame, pairs, samples } = await routes.peaks(media, { level: 1, fromFrame: 48_000 });
  t.same([framesPerPair, firstFrame, samples.length], [2048, 23 * 2048, 2 * pairs]);
  t.ok(Math.abs(samples[0]! + 0.5) < 0.001 && Math.abs(samples[1]! - 0.5) < 0.001);
  const rest = await routes.content(media, bytes.length - 4);
  t.ok(Buffer.from(await rest.arrayBuffer()).equals(bytes.subarray(-4)));
  await t.rejects(routes.content('media-000000000000'), { code: 'MEDIA_UNKNOWN' });
  await t.rejects(routes.content(media, bytes.length), { code: 'RANGE_INVALID' });
});

t.test('names and tags are changed as a merge patch', async (t) => {
  const patch = (body: object, query = '') =>
    call('PATCH', `/v1/media/${media}${query}`, body, { 'content-type': 'application/merge-patch+json' });
  t.match((await patch({ name: 'Tried' }, '?dryRun=true')).body, { name: 'Tried' });
  t.equal((await call('GET', `/v1/media/${media}`)).body.name, 'Größe');
  t.match((await patch({ tags: ['a', 'b'] })).body, { name: 'Größe', tags: ['a', 'b'], durationSeconds: SECONDS });
  t.match((await patch({ name: 'Size', tags: null })).body, { name: 'Size', tags: [] });
  await refused('REQUEST_INVALID', 'PATCH', `/v1/media/${media}`, { sha256: '0'.repeat(64) });
  await refused('REQUEST_INVALID', 'PATCH', `/v1/media/${media}`, {});
  await refused('MEDIA_UNKNOWN', 'PATCH', '/v1/media/media-000000000000', { name: 'None' });
});

t.test('media of a task go with it; a binding can be taken away', async (t) => {
  const bound = await imported({ forTask: 'bound' });
  const kept = await imported({ forTask: 'bound' });
  t.equal((await call('GET', `/v1/media/${bound.media}`)).body.forTask, 'bound');
  t.equal((await domain.create('bound', playing(bound.media))).status, 201);
  const loaded = (await call('GET', `/v1/media/${bound.media}`)).body as Media;
  t.ok(Date.parse(loaded.lastUsedAt!) >= Date.parse(loaded.importedAt), 'it was used');
  t.equal((await call('PATCH', `/v1/media/${kept.media}`, { forTask: null })).body.forTask, undefined);
  t.equal((await call('DELETE', '/v1/tasks/bound')).status, 204);
  while ((await call('GET', `/v1/media/${bound.media}`)).status !== 404) await sleep(5);
  const { events } = (await call('GET', '/v1/events?limit=1000')).body;
  t.match(events.filter(({ data }: { data: { media?: string } }) => data.media === bound.media).at(-1), {
    type: 'media.deleted',
    data: { why: 'task' },
  });
  t.equal((await call('GET', `/v1/media/${kept.media}`)).status, 200);
  t.equal((await call('DELETE', `/v1/media/${kept.media}`)).status, 204);
});

t.test('media of a task stay while another task names them', async (t) => {
  const bound = await imported({ forTask: 'first' });
  t.equal((await domain.create('first', toneTask)).status, 201);
  t.equal((await domain.create('second', playing(bound.media))).status, 201);
  t.equal((await call('DELETE', '/v1/tasks/first')).status, 204);
  t.equal((await call('GET', `/v1/media/${bound.media}`)).status, 200);
  t.equal((await call('DELETE', '/v1/tasks/second')).status, 204);
});

t.test('nothing is left', async (t) => {
  for (const { id } of (await call('GET', '/v1/media')).body.media)
    t.match((await call('DELETE', `/v1/media/${id}`)).status, /204|404/);
  t.same((await call('GET', '/v1/media')).body, { media: [] });
});
