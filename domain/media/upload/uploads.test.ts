import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { check, ErrorBody, type MediaJob } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { startKnownDomain } from '../../testing/known-domain.ts';
import { noiseWav } from '../../testing/noise-wav.ts';
import { UploadStore } from './upload-store.ts';
import { EXTENSIONS } from './upload-service.ts';

const MOST_BYTES = 100_000;
const SOUND = noiseWav(60);
const domain = await startKnownDomain(t, { imports: { mostBytes: MOST_BYTES, mostUploads: 3, idleMs: 300 } });
const { administrator, dataDir } = domain;
for (const id of ['one', 'two']) await domain.as(administrator)('POST', '/v1/applications', { id, name: id });
const keyOf = async (application: string, permissions: string[] = ['read', 'media']) =>
  (await domain.key({ application, permissions: permissions as never })).secret;
const [one, two] = [await keyOf('one'), await keyOf('two')];

interface Told {
  status: number;
  headers: Headers;
  error: ErrorBody | undefined;
}
/** A request of tus, by hand. */
async function tus(
  key: string | undefined,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: Uint8Array,
): Promise<Told> {
  const response = await fetch(domain.url + path, {
    method,
    headers: {
      'tus-resumable': '1.0.0',
      ...domain.headers(key),
      ...(body ? { 'content-type': 'application/offset+octet-stream' } : {}),
      ...headers,
    },
    ...(body ? { body: body as never } : {}),
  });
  const text = await response.text();
  const error =
    response.ok || text === '' ? undefined : check(ErrorBody, JSON.parse(text), 'the answer', 'MESSAGE_INVALID');
  return { status: response.status, headers: response.headers, error };
}
const metadata = (values: Record<string, string>) => ({
  'upload-metadata': Object.entries(values)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
    .join(','),
});
async function begin(key: string, bytes: number, headers: Record<string, string> = {}): Promise<string> {
  const { status, headers: told } = await tus(key, 'POST', '/v1/uploads', {
    'upload-length': String(bytes),
    ...headers,
  });
  if (status !== 201) throw new Error(`not begun: ${status}`);
  return told.get('location')!;
}
const send = (key: string, path: string, offset: number, body: Uint8Array) =>
  tus(key, 'PATCH', path, { 'upload-offset': String(offset) }, body);
async function ended(key: string, id: string): Promise<MediaJob> {
  for (;;) {
    const { body } = await domain.as(key)('GET', `/v1/media-jobs/${id}`);
    if (body.endedAt !== undefined) return body;
    await sleep(5);
  }
}
async function refused(t: Test, told: Promise<Told>, status: number, code: string, words = /./): Promise<void> {
  const { status: is, error } = await told;
  t.match({ is, ...error }, { is: status, code, message: words }, String(words));
}

t.test('clients learn what there is before they begin', async (t) => {
  const { status, headers } = await tus(undefined, 'OPTIONS', '/v1/uploads');
  t.equal(status, 204);
  t.same([headers.get('tus-version'), headers.get('tus-max-size')], ['1.0.0', String(MOST_BYTES)]);
  t.equal(headers.get('tus-extension'), EXTENSIONS);
  t.equal(new UploadStore({ directory: t.testdir() }).extensions.join(','), EXTENSIONS);
});

t.test('an application sees its own uploads alone', async (t) => {
  const path = await begin(one, 10);
  await send(one, path, 0, Buffer.alloc(4));
  t.equal((await tus(two, 'HEAD', path)).status, 404);
  for (const told of [send(two, path, 4, Buffer.alloc(6)), tus(two, 'DELETE', path), tus(two, 'GET', path)])
    await refused(t, told, 404, 'UPLOAD_UNKNOWN');
  t.match(await domain.as(two)('POST', '/v1/media', { from: { upload: path.split('/').at(-1) } }), {
    status: 404,
    body: { code: 'UPLOAD_UNKNOWN' },
  });
  t.match(await domain.as(one)('POST', '/v1/media', { from: { upload: path.split('/').at(-1) } }), {
    status: 409,
    body: { code: 'UPLOAD_UNFINISHED', message: /6 of 10 bytes are missing/ },
  });
  t.equal((await tus(one, 'HEAD', path)).headers.get('upload-offset'), '4');
  t.equal((await tus(one, 'DELETE', path)).status, 204);
  await refused(
    t,
    tus(await keyOf('one', ['read']), 'POST', '/v1/uploads', { 'upload-length': '1' }),
    403,
    'PERMISSION_DENIED',
  );
  await refused(t, tus(undefined, 'POST', '/v1/uploads', { 'upload-length': '1' }), 401, 'UNAUTHENTICATED');
});

t.test('what is too large is refused before it comes, with how far over it is', async (t) => {
  const over = /it has 100001 bytes, 1 over the limit imports.mostMebibytes of 100000 bytes/;
  await refused(
    t,
    tus(one, 'POST', '/v1/uploads', { 'upload-length': String(MOST_BYTES + 1) }),
    413,
    'MEDIA_TOO_LARGE',
    over,
  );
  const path = await begin(one, 10);
  await refused(t, send(one, path, 0, Buffer.alloc(11)), 413, 'MEDIA_TOO_LARGE');
  t.equal((await tus(one, 'HEAD', path)).headers.get('upload-offset'), '0', 'and nothing of it is taken');
  const { headers } = await tus(one, 'POST', '/v1/uploads', { 'upload-defer-length': '1' });
  const endless = headers.get('location')!;
  await refused(t, send(one, endless, 0, Buffer.alloc(MOST_BYTES + 1)), 413, 'MEDIA_TOO_LARGE');
  for (const each of [path, endless]) t.equal((await tus(one, 'DELETE', each)).status, 204);
});

t.test('what is no tus is refused', async (t) => {
  const path = await begin(one, 10);
  const asked = (headers: Record<string, string>) => tus(one, 'POST', '/v1/uploads', headers);
  await refused(t, asked({ 'upload-length': '1', 'tus-resumable': '0.2.2' }), 412, 'UPLOAD_VERSION');
  for (const headers of [
    {},
    { 'upload-length': '-1' },
    { 'upload-length': '1e3' },
    { 'upload-length': '1', 'upload-defer-length': '1' },
    { 'upload-length': '1', 'upload-metadata': 'name' + ' !!' },
    { 'upload-length': '1', ...metadata({ context: 'no json' }) },
    { 'upload-length': '1', ...metadata({ context: '{"deep":{}}' }) },
    { 'upload-length': '1', ...metadata({ tags: 'x'.repeat(65) }) },
    { 'upload-length': '1', 'upload-concat': 'partial' },
  ])
    await refused(t, asked(headers as never), 400, 'REQUEST_INVALID');
  await refused(t, send(one, path, 5, Buffer.alloc(5)), 409, 'UPLOAD_OFFSET');
  await refused(
    t,
    tus(one, 'PATCH', path, { 'content-type': 'application/offset+octet-stream' }),
    400,
    'REQUEST_INVALID',
  );
  for (const id of ['upload-zzzzzzzzzzzz', '..%2f..%2fmain.sqlite', 'upload-000000000000.json'])
    await refused(t, tus(one, 'DELETE', `/v1/uploads/${id}`), 400, 'ID_INVALID');
  t.equal((await tus(one, 'DELETE', path)).status, 204);
});

t.test('names never become paths', async (t) => {
  const names = ['../../../tmp/evil.wav', '/etc/passwd', 'C:\\windows\\evil.wav', '..', 'a\0b.wav', '\u202egnp.wav'];
  for (const filename of names) {
    const path = await begin(one, SOUND.length, metadata({ filename }));
    const { headers } = await send(one, path, 0, SOUND);
    const job = await ended(one, headers.get('media-job')!);
    t.equal(job.state, 'done');
    t.notMatch(job.name, /[/\\\0\u202e]/, JSON.stringify(job.name));
    await domain.as(one)('DELETE', `/v1/media/${job.media}`);
  }
  t.same(
    readdirSync(join(dataDir, 'uploads', 'one')).filter((name) => !/^upload-[0-9a-f]{12}\.json$/.test(name)),
    [],
  );
});

t.test('uploads that do not end are counted', async (t) => {
  const paths = [await begin(one, 2), await begin(one, 2), await begin(one, 2)];
  await refused(
    t,
    tus(one, 'POST', '/v1/uploads', { 'upload-length': '1' }),
    429,
    'UPLOAD_LIMIT',
    /3 are under way, the limit imports.mostUploads is 3/,
  );
  const others = await begin(two, 2);
  for (const path of paths) t.equal((await tus(one, 'DELETE', path)).status, 204);
  t.equal((await tus(two, 'DELETE', others)).status, 204, 'of others they are not');
});

t.test('a request with a key begins one upload', async (t) => {
  const asked = () => tus(one, 'POST', '/v1/uploads', { 'upload-length': '5', 'idempotency-key': 'begin once' });
  const [first, same] = [await asked(), await asked()];
  t.equal(same.headers.get('location'), first.headers.get('location'));
  t.equal(same.status, 201);
  t.equal((await tus(one, 'DELETE', first.headers.get('location')!)).status, 204);
});

t.test('a client that falls silent is let go, and what came stays', async (t) => {
  const path = await begin(one, SOUND.length);
  const { hostname, port } = new URL(domain.url);
  const socket = connect(Number(port), hostname);
  const closed = new Promise((resolve) =>
    socket
      .on('close', resolve)
      .on('error', () => undefined)
      .resume(),
  );
  const head = Object.entries({
    host: `${hostname}:${port}`,
    'tus-resumable': '1.0.0',
    'upload-offset': '0',
    'content-type': 'application/offset+octet-stream',
    'content-length': String(SOUND.length),
    ...domain.headers(one),
  });
  socket.write(`PATCH ${path} HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
  socket.write(SOUND.subarray(0, 4));
  await closed;
  let offset: string | null;
  do offset = (await tus(one, 'HEAD', path)).headers.get('upload-offset');
  while (offset !== '4');
  const { headers } = await send(one, path, 4, SOUND.subarray(4));
  const job = await ended(one, headers.get('media-job')!);
  const { body } = await domain.as(one)('GET', `/v1/media/${job.media}`);
  const file = join(dataDir, 'imported', body.sha256.slice(0, 2), body.sha256);
  t.ok(readFileSync(file).equals(SOUND));
});

t.test('one that comes again while the first still hangs takes its place', async (t) => {
  const path = await begin(one, SOUND.length);
  const { hostname, port } = new URL(domain.url);
  const hanging = connect(Number(port), hostname);
  hanging.on('error', () => undefined).resume();
  t.teardown(() => hanging.destroy());
  const sent = { ...domain.headers(one), host: `${hostname}:${port}`, 'tus-resumable': '1.0.0', 'upload-offset': '0' };
  const head = Object.entries({
    ...sent,
    'content-type': 'application/offset+octet-stream',
    'content-length': String(SOUND.length),
  });
  hanging.write(`PATCH ${path} HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
  hanging.write(SOUND.subarray(0, 3));
  const file = join(dataDir, path.replace('/v1/uploads', 'uploads/one'));
  while (!existsSync(file) || readFileSync(file).length < 3) await sleep(5);
  const { headers } = await tus(one, 'HEAD', path);
  t.equal(headers.get('upload-offset'), '3');
  const { headers: told } = await send(one, path, 3, SOUND.subarray(3));
  t.equal((await ended(one, told.get('media-job')!)).state, 'done');
});

t.test('a failed import of an upload may be asked for again, without another upload', async (t) => {
  // Where the content goes there is something that is no folder.
  const other = noiseWav(64);
  const sha = createHash('sha256').update(other).digest('hex');
  const place = join(dataDir, 'imported', sha.slice(0, 2));
  writeFileSync(place, '', { flag: 'wx' });
  const path = await begin(one, other.length);
  const { headers } = await send(one, path, 0, other);
  const job = headers.get('media-job')!;
  for (;;) {
    const { body } = await domain.as(one)('GET', `/v1/media-jobs/${job}`);
    if (body.retries > 0) break;
    await sleep(5);
  }
  await refused(t, tus(one, 'DELETE', path), 409, 'MEDIA_IN_USE');
  const upload = path.split('/').at(-1);
  const again = await domain.as(one)('POST', '/v1/media', { from: { upload } });
  t.match(again, { status: 202, body: { id: job } }, 'while it is tried it is the same import');
  unlinkSync(place);
  t.match(await ended(one, job), { state: 'done', bytes: other.length });
});
