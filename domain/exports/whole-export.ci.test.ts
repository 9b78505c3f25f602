import { execFileSync } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { DomainEvent, Export, ExportCreate, TaskDocument } from '@audiocloud/api';
import t from 'tap';
import { RunningCommand } from '../../cli/testing/run-command.ts';
import { ffmpegDecode, missingTool, soxDecode } from '../../engine/media/reference-tool.ts';
import { followedFile } from '../testing/followed-file.ts';
import { KillableDomain } from '../testing/killable-domain.ts';
import { toneTask } from '../testing/test-domain.ts';

const skip = missingTool('ffmpeg', 'sox') ?? false;
const folder = mkdtempSync(join(tmpdir(), 'whole-export-'));
const dataDir = join(folder, 'data');
const task = { ...toneTask, lengthSeconds: 2 };
const domain = new KillableDomain({
  dataDir,
  access: 'open',
  mediaDirs: [],
  pluginDirs: [fileURLToPath(new URL('../../plugins', import.meta.url))],
  engineEnvironment: { AUDIOCLOUD_DEVICE: 'paced' },
  requestsPerMinute: 1_000_000,
  allowsPrivateUploads: true,
  allowsPrivateWebhooks: true,
});
t.setTimeout(180_000);
t.teardown(async () => {
  await domain.close();
  rmSync(folder, { recursive: true, force: true });
});
await domain.start();

const call: KillableDomain['call'] = (...request) => domain.call(...request);
const look = (id: string) => call<Export>('GET', `/v1/exports/${id}`);
const until = async (id: string, isSo: (one: Export) => boolean): Promise<Export> => {
  for (;;) {
    const now = await look(id);
    if (isSo(now)) return now;
    await sleep(5);
  }
};
const ended = (id: string) => until(id, ({ endedAt }) => endedAt !== undefined);
const ask = (wanted: Partial<ExportCreate>) =>
  call<Export>('POST', '/v1/exports', { task: 'tone', outputs: [{ format: 'wav', depth: 'f32' }], ...wanted });
await call('POST', '/v1/tasks', { id: 'tone', task });

/** As curl does it: a part, then the rest by -C. */
function curl(path: string, out: string, ...args: string[]): string {
  return execFileSync('curl', ['-sS', '-f', ...args, '-o', out, '-D', '-', domain.url + path], { encoding: 'utf8' });
}

t.test(
  'files are what the offline render gives, read by ffmpeg and sox, fetched by curl in parts',
  { skip },
  async (t) => {
    writeFileSync(join(folder, 'task.json'), JSON.stringify(task));
    const reference = join(folder, 'reference.wav');
    const rendered = await new RunningCommand(
      ['render', join(folder, 'task.json'), '--out', reference, '--bits', '32f', '--json'],
      {},
    ).finished;
    t.equal(rendered.code, 0, rendered.stderr);
    const outputs = [
      { name: 'f32', format: 'wav', depth: 'f32' },
      { name: 's24', format: 'flac', depth: 's24', dither: 'none' },
      { name: 'cd', format: 'wav', depth: 's16', sampleRate: 44_100 },
      { name: 'mp3', format: 'mp3', tags: { title: 'Tone' } },
      { name: 'opus', format: 'opus' },
    ] as const;
    const { id } = await ask({ outputs: [...outputs] });
    const done = await ended(id);
    t.equal(done.state, 'done', JSON.stringify(done.error));
    const wanted = ffmpegDecode(reference, 2);
    for (const { name, href, file, format } of done.outputs) {
      const path = join(folder, `${name}.${format}`);
      curl(href, path, '-r', '0-999');
      t.equal(statSync(path).size, 1000);
      const head = curl(href, path, '-C', '-');
      t.match(head, /206 Partial Content/, `${name}: the rest by curl -C`);
      const bytes = readFileSync(path);
      t.equal(createHash('sha256').update(bytes).digest('hex'), file!.sha256);
      const byFfmpeg = ffmpegDecode(path, 2);
      t.equal(byFfmpeg[0]!.length, format === 'mp3' || format === 'opus' ? byFfmpeg[0]!.length : file!.frames);
      if (name === 'f32') t.same(byFfmpeg, wanted, 'sample for sample the offline render');
      if (name === 's24') {
        const worst = byFfmpeg[0]!.reduce((most, one, i) => Math.max(most, Math.abs(one - wanted[0]![i]!)), 0);
        t.ok(worst <= 2 ** -24 * 1.001, `within half a step of 24 bits: ${worst}`);
      }
      if (format !== 'opus') {
        const bySox = soxDecode(path, 2);
        if (format !== 'mp3') t.equal(bySox[0]!.length, file!.frames, `${name}: frames by sox`);
        const peak = bySox[0]!.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
        t.ok(peak > 0.05 && peak < 1, `${name}: sound by sox, ${peak}`);
      }
    }
    t.equal(done.outputs[2]!.file!.frames, 88_200);
  },
);

t.test(
  'a domain that is killed in the middle makes the files after its restart, and shows no half of them',
  async (t) => {
    const { id } = await ask({ toSeconds: 300 });
    await until(id, ({ state, frames }) => state === 'running' && frames > 0);
    await domain.kill();
    const coming = join(dataDir, 'exports', '.coming');
    t.same(readdirSync(coming), [id], 'half a file is there');
    t.notOk(existsSync(join(dataDir, 'exports', 'main', id)));
    await domain.start();
    const done = await ended(id);
    t.match(done, { state: 'done', outputs: [{ file: { frames: 14_400_000 } }] });
    t.same(readdirSync(coming), []);
    t.same(readdirSync(join(dataDir, 'exports', 'main', id)), ['0.wav']);
    const { events } = await call<{ events: DomainEvent[] }>('GET', '/v1/events?limit=1000');
    t.same(
      events.flatMap(({ type, data }) => ('export' in data && data.export === id ? [type] : [])),
      ['export.requested', 'export.started', 'export.done'],
      'told once',
    );
  },
);

t.test('an engine that is killed in the middle is waited for, and the export begins again', async (t) => {
  const { id } = await ask({ toSeconds: 300 });
  await until(id, ({ state, frames }) => state === 'running' && frames > 0);
  const { events } = await call<{ events: DomainEvent[] }>('GET', '/v1/events?limit=1000&type=engine.up');
  const last = events.at(-1)!;
  process.kill((last.data as { pid: number }).pid, 'SIGKILL');
  t.match(await until(id, ({ retries }) => retries > 0), { error: { code: 'ENGINE_UNAVAILABLE' } });
  t.match(await ended(id), {
    state: 'done',
    outputs: [{ file: { frames: 14_400_000 } }],
    report: { isFaultless: true },
  });
});

for (const killed of ['domain', 'engine'] as const)
  t.test(`a print is cut for who follows it when its ${killed} is killed, and begins again`, async (t) => {
    const { id } = await ask({ mode: 'real-time', toSeconds: 600 });
    const follow = async () => {
      const file = await followedFile(`${domain.url}/v1/exports/${id}/outputs/main`);
      await file.until(10_000);
      return file;
    };
    const first = await follow();
    if (killed === 'domain') await domain.kill();
    else {
      const { events } = await call<{ events: DomainEvent[] }>('GET', '/v1/events?limit=1000&type=engine.up');
      process.kill((events.at(-1)!.data as { pid: number }).pid, 'SIGKILL');
    }
    await t.rejects(first.rest());
    if (killed === 'domain') await domain.start();
    else await until(id, ({ retries }) => retries > 0);
    t.notOk(existsSync(join(dataDir, 'exports', 'main', id)));
    const again = await follow();
    t.match(await look(id), { state: 'running' });
    await call('DELETE', `/v1/exports/${id}`);
    await t.rejects(again.rest());
    t.equal((await ended(id)).state, 'cancelled');
    t.same(readdirSync(join(dataDir, 'exports', '.coming')), []);
    t.match(await call('GET', '/v1/tasks/tone/transport'), { playing: false });
  });

t.test('a print that is called off while its engine is away leaves its task standing', async (t) => {
  const { id } = await ask({ mode: 'real-time', toSeconds: 600 });
  await until(id, ({ state, frames }) => state === 'running' && frames > 0);
  const ups = async () => (await call<{ events: DomainEvent[] }>('GET', '/v1/events?limit=1000&type=engine.up')).events;
  const before = await ups();
  process.kill((before.at(-1)!.data as { pid: number }).pid, 'SIGKILL');
  await call('DELETE', `/v1/exports/${id}`);
  t.equal((await ended(id)).state, 'cancelled');
  while ((await ups()).length === before.length) await sleep(10);
  const desired = async () => (await call<TaskDocument>('GET', '/v1/tasks/tone')).state;
  while ((await desired()).state !== 'ready') await sleep(10);
  t.match(await desired(), { desired: { playing: false } });
  t.match(await call('GET', '/v1/tasks/tone/transport'), { playing: false });
});

t.test('webhooks, signed and with the context, and an upload tell of an export that nobody waits for', async (t) => {
  const got: { request: IncomingMessage; body: Buffer }[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
      got.push({ request, body: Buffer.concat(pieces) });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const types = ['export.requested', 'export.started', 'export.uploaded', 'export.done'];
  const hook = await call<{ secret: string }>('POST', '/v1/webhooks', { url: `${url}/hook`, types });
  const { id } = await ask({
    context: { order: 'A-17' },
    start: { on: { types: ['task.edited'], task: 'tone' } },
    outputs: [{ format: 'flac', name: 'master', upload: { url: `${url}/put/master.flac?signature=secret` } }],
  });
  await call('POST', '/v1/tasks/tone/edits', { edits: [{ op: 'loop', loop: null }] });
  while (got.filter(({ request }) => request.url === '/hook').length < types.length) await sleep(10);
  const hooks = got.filter(({ request }) => request.url === '/hook');
  const key = Buffer.from(hook.secret.replace('whsec_', ''), 'base64');
  for (const [i, { request, body }] of hooks.entries()) {
    const { type, data } = JSON.parse(String(body)) as DomainEvent;
    t.equal(type, types[i]);
    t.match(data, { export: id, context: { order: 'A-17' } });
    const { 'webhook-id': hookId, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = request.headers;
    const wanted = createHmac('sha256', key).update(`${hookId}.${timestamp}.${body}`).digest('base64');
    t.equal(signature, `v1,${wanted}`, `${type} is signed`);
  }
  const put = got.find(({ request }) => request.method === 'PUT')!;
  const { outputs } = await ended(id);
  t.equal(createHash('sha256').update(put.body).digest('hex'), outputs[0]!.file!.sha256);
});
