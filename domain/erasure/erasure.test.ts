import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ErasedItem, MediaJob } from '@audiocloud/api';
import t from 'tap';
import { startKnownDomain } from '../testing/known-domain.ts';
import { toneTask } from '../testing/test-domain.ts';
import { createWavWriter } from '../../engine/media/wav-writer.ts';

const domain = await startKnownDomain(t);
const { administrator, dataDir, mediaDir } = domain;
const admin = domain.as(administrator);
const secrets: Record<string, string> = {};
for (const id of ['gone', 'stays']) {
  await admin('POST', '/v1/applications', { id, name: id });
  const permissions = ['read', 'structure', 'media', 'parameters', 'transport', 'audio'] as const;
  secrets[id] = (await domain.key({ application: id, permissions: [...permissions] })).secret;
}
const as = (id: string) => domain.as(secrets[id]);

/** A second of noise, in which every stretch is found nowhere else. */
async function writeNoise(path: string): Promise<Buffer> {
  const writer = await createWavWriter(path, { sampleRate: 48_000, channels: 1, bits: '24' });
  const noise = new Int16Array(new Uint8Array(randomBytes(96_000)).buffer);
  await writer.write([Float32Array.from(noise, (one) => one / 32768)], 48_000);
  await writer.close();
  return readFileSync(path);
}
async function imported(application: string, path: string, more: object = {}, headers = {}): Promise<MediaJob> {
  const call = as(application);
  let job = (await call('POST', '/v1/media', { from: { path }, ...more }, headers)).body as MediaJob;
  for (; job.endedAt === undefined; await sleep(5)) job = (await call('GET', `/v1/media-jobs/${job.id}`)).body;
  return job;
}
/** Files of the data folder in which some bytes are found. */
const filesWith = (bytes: string | Buffer): string[] =>
  readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => readFileSync(path).includes(bytes));
const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const fileOf = (sha256: string) => join(dataDir, 'imported', sha256.slice(0, 2), sha256);

const own = await writeNoise(join(mediaDir, 'own-secret.wav'));
const shared = await writeNoise(join(mediaDir, 'shared.wav'));
/** Of a tenant: names, words, what it wanted to be told, and stretches of its contents. */
const theirs = ['SecretName', 'SecretTag', 'SecretContext', 'SecretFormerName', 'own-secret.wav'];
const part = own.subarray(50_000, 50_064);
const uploaded = randomBytes(5_000);

t.test('an application has media, imports that failed, an upload under way, and answers that are kept', async (t) => {
  writeFileSync(join(mediaDir, 'broken-own-secret.wav'), `RIFF own-secret.wav ${'x'.repeat(1000)}`);
  const about = { name: 'SecretFormerName', tags: ['SecretTag'], context: { note: 'SecretContext' } };
  const job = await imported('gone', 'own-secret.wav', about, { 'idempotency-key': 'once' });
  t.equal(job.state, 'done');
  t.equal((await as('gone')('PATCH', `/v1/media/${job.media}`, { name: 'SecretName' })).status, 200);
  t.equal((await imported('gone', 'shared.wav', about)).state, 'done');
  t.equal((await imported('stays', 'shared.wav')).state, 'done');
  t.equal((await imported('gone', 'broken-own-secret.wav')).state, 'failed');
  const upload = await fetch(`${domain.url}/v1/uploads`, {
    method: 'POST',
    headers: {
      ...domain.headers(secrets['gone']),
      'tus-resumable': '1.0.0',
      'upload-length': '10000',
      'content-type': 'application/offset+octet-stream',
      'upload-metadata': `name ${Buffer.from('SecretName').toString('base64')}`,
    },
    body: uploaded,
  });
  t.equal(upload.status, 201);
  for (const word of [...theirs, part, uploaded])
    t.ok(filesWith(word).length > 0, `${word.toString('latin1').slice(0, 20)} is there`);
});

t.test('one that has tasks is not deleted, and nothing of it', async (t) => {
  t.equal((await as('gone')('POST', '/v1/tasks', { id: 'tone', task: toneTask })).status, 201);
  t.match((await admin('DELETE', '/v1/applications/gone')).body, { code: 'APPLICATION_IN_USE' });
  t.equal((await as('gone')('GET', '/v1/media')).body.media.length, 2);
  t.equal((await as('gone')('DELETE', '/v1/tasks/tone')).status, 204);
  t.same((await admin('GET', '/v1/erasures')).body, { erasures: [] });
});

t.test('deleted, not a byte of it is left, and the receipt says what went', async (t) => {
  const media = (await as('gone')('GET', '/v1/media')).body.media as { id: string; sha256: string; bytes: number }[];
  const begun = await admin('DELETE', '/v1/applications/gone');
  t.match(begun, { status: 202, body: { application: 'gone', state: 'running', by: /./ } });
  const path = `/v1/erasures/${begun.body.id}`;
  t.equal(begun.headers.get('location'), path);
  t.equal((await as('gone')('GET', '/v1/media')).status, 401, 'its keys are gone at once');
  let receipt = begun.body;
  for (; receipt.state !== 'done'; await sleep(5)) receipt = (await admin('GET', path)).body;
  t.match(receipt, { items: 6, bytes: own.length + shared.length + uploaded.length, retries: 0 });
  const { items } = (await admin('GET', `${path}/items`)).body as { items: ErasedItem[] };
  const of = (wanted: string) => items.filter(({ kind }) => kind === wanted);
  const its = (sha256: string) => media.find((one) => one.sha256 === sha256)!;
  t.match(
    of('media').sort((a, b) => (a.isShared ? 1 : 0) - (b.isShared ? 1 : 0)),
    [
      { id: its(hashOf(own)).id, sha256: hashOf(own), bytes: own.length, isShared: undefined },
      { id: its(hashOf(shared)).id, sha256: hashOf(shared), bytes: shared.length, isShared: true },
    ],
  );
  t.equal(of('import').length, 3);
  t.match(of('upload'), [{ bytes: uploaded.length }]);
  const first = (await admin('GET', `${path}/items?limit=4`)).body;
  const rest = (await admin('GET', `${path}/items?limit=4&after=${encodeURIComponent(first.next)}`)).body;
  t.same([...first.items, ...rest.items], items, 'in pages too');
  for (const word of [...theirs, part, uploaded, Buffer.from('SecretName').toString('base64')])
    t.same(filesWith(word), [], `${word.toString('latin1').slice(0, 20)} is nowhere`);
  t.notOk(existsSync(fileOf(hashOf(own))));
  t.notOk(existsSync(`${fileOf(hashOf(own))}.peaks`));
  t.ok(existsSync(fileOf(hashOf(shared))), 'what another has stays with that one');
  t.equal((await as('stays')('GET', '/v1/media')).body.media.length, 1);
  t.same((await admin('GET', '/v1/erasures')).body.erasures, [receipt]);
});

t.test('its log says that something was, not what', async (t) => {
  const { events } = (await admin('GET', '/v1/events?limit=1000')).body;
  t.ok(events.every(({ number }: { number: number }, i: number) => i === 0 || number === events[i - 1].number + 1));
});

t.test('another of the same id begins with nothing', async (t) => {
  t.equal((await admin('POST', '/v1/applications', { id: 'gone', name: 'Again' })).status, 201);
  const { secret } = await domain.key({ application: 'gone', permissions: ['read', 'media'] });
  t.same((await domain.as(secret)('GET', '/v1/media')).body, { media: [] });
  t.same((await domain.as(secret)('GET', '/v1/media-jobs')).body, { jobs: [] });
  t.match((await admin('GET', '/v1/erasures/erasure-000000000000')).body, { code: 'ERASURE_UNKNOWN' });
});
