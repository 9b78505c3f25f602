import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { check, type DomainEvent, Export, ExportList } from '@audiocloud/api';
import t from 'tap';
import { startTestDomain, toneTask } from '../testing/test-domain.ts';

const domain = await startTestDomain(t, { allowsPrivateUploads: true, allowsPrivateWebhooks: true });
const task = { ...toneTask, lengthSeconds: 0.5 };
await domain.create('tone', task);

const read = async (id: string): Promise<Export> =>
  check(Export, (await domain.call('GET', `/v1/exports/${id}`)).body, 'an export', 'MESSAGE_INVALID');
const ask = async (more: object = {}, headers = {}) => {
  const answer = await domain.call(
    'POST',
    '/v1/exports',
    { task: 'tone', outputs: [{ format: 'wav' }], ...more },
    headers,
  );
  if (answer.status !== 202) throw new Error(`not taken: ${JSON.stringify(answer.body)}`);
  return check(Export, answer.body, 'an export', 'MESSAGE_INVALID');
};
const until = async (id: string, isSo: (one: Export) => boolean): Promise<Export> => {
  for (;;) {
    const now = await read(id);
    if (isSo(now)) return now;
    await sleep(10);
  }
};
const ended = (id: string) => until(id, ({ endedAt }) => endedAt !== undefined);
const bytesOf = async (href: string, headers: Record<string, string> = {}) => {
  const response = await fetch(domain.url + href, { headers });
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
};
const eventsOf = async (id: string): Promise<DomainEvent[]> => {
  const { events } = (await domain.call('GET', '/v1/events?limit=1000')).body as { events: DomainEvent[] };
  return events.filter(({ data }) => 'export' in data && data.export === id);
};
const typesOf = async (id: string) => (await eventsOf(id)).map(({ type }) => type);

t.test('a task becomes files in several formats, each as it was asked for', async (t) => {
  const asked = await ask({
    outputs: [
      { format: 'wav', depth: 'f32' },
      { format: 'flac', name: 'loud', loudness: { integratedLufs: -20 }, tags: { title: 'Tone' } },
    ],
    context: { order: 7 },
  });
  t.match(asked, { task: 'tone', mode: 'offline', start: { when: 'now' }, desired: 'done', context: { order: 7 } });
  const done = await ended(asked.id);
  t.match(done, {
    state: 'done',
    report: { engine: 'embedded', revision: 1, seconds: 0.5, isFaultless: true, failed: [], missedBlocks: 0 },
    outputs: [
      { name: 'main', file: { frames: 24_000, sampleRate: 48_000, channels: 2 } },
      { name: 'loud', file: { frames: 24_000, loudness: {} } },
    ],
  });
  for (const { href, file, name, format } of done.outputs) {
    const { status, headers, bytes } = await bytesOf(href);
    t.equal(status, 200, name);
    t.equal(createHash('sha256').update(bytes).digest('hex'), file!.sha256);
    t.equal(bytes.length, file!.bytes);
    t.equal(headers.get('etag'), `"${file!.sha256}"`);
    t.match(headers.get('content-disposition'), new RegExp(`attachment; filename="${name}\\.${format}"`));
  }
  t.same(await typesOf(asked.id), ['export.requested', 'export.started', 'export.done']);
  const [, , told] = await eventsOf(asked.id);
  t.match(told, { task: 'tone', data: { context: { order: 7 }, files: 2, bytes: done.bytes, isFaultless: true } });
  const { exports } = check(
    ExportList,
    (await domain.call('GET', '/v1/exports?state=done&task=tone')).body,
    'a list',
    'MESSAGE_INVALID',
  );
  t.ok(exports.some(({ id }) => id === asked.id));
});

t.test('a download can be resumed, and only of the same bytes', async (t) => {
  const { id } = await ask();
  const [output] = (await ended(id)).outputs;
  const { href, file } = output!;
  const { bytes: whole } = await bytesOf(href);
  const etag = `"${file!.sha256}"`;
  const rest = await bytesOf(href, { range: 'bytes=1000-', 'if-range': etag });
  t.equal(rest.status, 206);
  t.equal(rest.headers.get('content-range'), `bytes 1000-${whole.length - 1}/${whole.length}`);
  t.same(Buffer.concat([whole.subarray(0, 1000), rest.bytes]), whole);
  t.equal((await bytesOf(href, { range: 'bytes=1000-', 'if-range': '"another"' })).status, 200, 'all of another one');
  const beyond = await bytesOf(href, { range: `bytes=${whole.length}-` });
  t.equal(beyond.status, 416);
  t.equal(beyond.headers.get('content-range'), `bytes */${whole.length}`);
  t.equal((await bytesOf(href, { 'if-none-match': etag })).status, 304);
  t.same((await bytesOf(href, { range: 'bytes=0-1,5-6' })).bytes, whole, 'several ranges are answered with all of it');
  const head = await fetch(domain.url + href, { method: 'HEAD' });
  t.equal(head.headers.get('content-length'), String(whole.length));
});

t.test('what cannot be exported is refused at once, and names what is wrong', async (t) => {
  const outputs = [{ format: 'wav' }];
  await domain.refused('TASK_UNKNOWN', 'POST', '/v1/exports', { task: 'none', outputs });
  const refused = async (wrong: object, pattern: RegExp) => {
    const { message } = await domain.refused('REQUEST_INVALID', 'POST', '/v1/exports', {
      task: 'tone',
      outputs,
      ...wrong,
    });
    t.match(message, pattern);
  };
  await refused({ outputs: [{ format: 'mp3', depth: 's16' }] }, /output 1 as mp3: it has no depth/);
  await refused({ outputs: [{ format: 'flac', depth: 'f32' }] }, /depth is f32, wanted s16 or s24/);
  await refused(
    {
      outputs: [
        { format: 'wav', name: 'a' },
        { format: 'flac', name: 'a' },
      ],
    },
    /two outputs are named 'a'/,
  );
  await refused({ fromSeconds: 2, toSeconds: 1 }, /the end must be after the start/);
  await refused({ context: 'x'.repeat(9000) }, /9002 bytes as JSON, 8192 may be, 810 too much/);
  const start = { at: '2100-02-30T00:00:00Z' };
  await domain.refused('RESERVATION_TIME', 'POST', '/v1/exports', { task: 'tone', outputs, start });
  await domain.refused('SINK_UNKNOWN', 'POST', '/v1/exports', {
    task: 'tone',
    outputs: [{ format: 'wav', sink: 'no' }],
  });
  await domain.refused('REQUEST_INVALID', 'POST', '/v1/exports', {
    task: 'tone',
    outputs: [{ format: 'mp3', sampleRate: 96_000 }],
  });
  await domain.refused('EXPORT_UNKNOWN', 'GET', '/v1/exports/export-000000000000');
  await domain.refused('EXPORT_UNKNOWN', 'DELETE', '/v1/exports/export-000000000000');
});

t.test('a dry run changes nothing; a request with a key makes one export', async (t) => {
  const { body } = await domain.call('POST', '/v1/exports?dryRun=true', { task: 'tone', outputs: [{ format: 'wav' }] });
  await domain.refused('EXPORT_UNKNOWN', 'GET', `/v1/exports/${body.id}`);
  const [one, same] = [await ask({}, { 'idempotency-key': 'once' }), await ask({}, { 'idempotency-key': 'once' })];
  t.equal(one.id, same.id);
  await ended(one.id);
});

t.test('the task is taken as it is when it is asked for', async (t) => {
  await domain.create('edited', task);
  // Behind one that takes a while.
  const before = [await ask({ toSeconds: 300 }), await ask({ toSeconds: 300 })];
  const asked = await ask({ task: 'edited', outputs: [{ format: 'wav', depth: 'f32' }] });
  await domain.call('DELETE', '/v1/tasks/edited');
  for (const { id } of before) await domain.call('DELETE', `/v1/exports/${id}`);
  const done = await ended(asked.id);
  t.equal(done.state, 'done', 'also when it is gone meanwhile');
  for (const { id } of before) t.equal((await ended(id)).state, 'cancelled');
});

t.test('called off in the middle nothing of it is left; one that ended is deleted with its files', async (t) => {
  const { id } = await ask({ toSeconds: 3600 });
  await until(id, ({ state, frames }) => state === 'running' && frames > 0);
  const { body } = await domain.call('DELETE', `/v1/exports/${id}`);
  t.match(body, { desired: 'cancelled' });
  t.match(await ended(id), { state: 'cancelled', bytes: 0 });
  t.same(await typesOf(id), ['export.requested', 'export.started', 'export.cancelled']);
  const coming = join(domain.dataDir, 'exports', '.coming', id);
  t.notOk(existsSync(coming));
  await domain.refused('EXPORT_UNKNOWN', 'GET', `/v1/exports/${id}/outputs/main`);
  const short = await ask();
  await ended(short.id);
  const folder = join(domain.dataDir, 'exports', 'main', short.id);
  t.same(readdirSync(folder), ['0.wav']);
  t.equal((await domain.call('DELETE', `/v1/exports/${short.id}`)).status, 200);
  await domain.refused('EXPORT_UNKNOWN', 'GET', `/v1/exports/${short.id}`);
  t.notOk(existsSync(folder));
  t.equal((await typesOf(short.id)).at(-1), 'export.deleted');
});

t.test('it streams out while it is rendered: the same bytes as the file', async (t) => {
  for (const format of ['wav', 'flac', 'mp3', 'opus'] as const) {
    const { id } = await ask({ toSeconds: { wav: 120, flac: 20, mp3: 10, opus: 5 }[format], outputs: [{ format }] });
    let response: Response;
    do {
      response = await fetch(`${domain.url}/v1/exports/${id}/outputs/main`);
      if (response.status === 409) {
        t.match(await response.json(), { code: 'EXPORT_NOT_READY', retry: 'soon' });
        await sleep(5);
      }
    } while (response.status === 409);
    const isWhole = response.headers.get('etag') !== null;
    const streamed = Buffer.from(await response.arrayBuffer());
    const done = await ended(id);
    const { bytes } = await bytesOf(done.outputs[0]!.href);
    t.equal(streamed.length, bytes.length, `${format}, ${isWhole ? 'whole already' : 'as it grew'}`);
    const rewritten = format === 'flac' ? 42 : 0;
    t.ok(streamed.subarray(rewritten).equals(bytes.subarray(rewritten)));
  }
});

t.test('in real time a task is played once and what is heard is recorded', async (t) => {
  const outputs = [
    { format: 'wav', depth: 'f32' },
    { format: 'flac', name: 'flac' },
  ];
  const { id } = await ask({ mode: 'real-time', outputs, fromSeconds: 0.1, toSeconds: 0.4 });
  const done = await ended(id);
  t.match(done, {
    state: 'done',
    frames: 14_400,
    report: { engine: 'embedded', revision: 1, seconds: 0.3, lostFrames: 0 },
    outputs: [{ file: { frames: 14_400 } }, { file: { frames: 14_400 } }],
  });
  t.match((await domain.call('GET', '/v1/tasks/tone/transport')).body, { playing: false });
  const { bytes } = await bytesOf(done.outputs[0]!.href);
  const samples = new Float32Array(bytes.buffer.slice(bytes.byteOffset + bytes.indexOf('data') + 8));
  const peak = samples.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
  t.ok(peak > 0.05 && peak <= 1, `something is heard: ${peak}`);
});

t.test('a task that plays is printed when it stands still; one that somebody stops is printed again', async (t) => {
  await domain.create('busy', { ...toneTask, lengthSeconds: 1 });
  const transport = (change: object) => domain.call('PATCH', '/v1/tasks/busy/transport', change);
  await transport({ play: true });
  const { id } = await ask({ task: 'busy', mode: 'real-time' });
  t.match(await until(id, ({ state }) => state === 'waiting'), { error: { code: 'TASK_BUSY' } });
  await transport({ play: false });
  await until(id, ({ state, frames }) => state === 'running' && frames > 0);
  await transport({ play: false });
  t.match(await until(id, ({ error }) => error?.code === 'EXPORT_INTERRUPTED'), { state: 'waiting' });
  t.match(await ended(id), { state: 'done', report: { seconds: 1 } });
  t.same(
    (await typesOf(id)).filter((type) => type === 'export.started'),
    ['export.started'],
    'told once',
  );
});
