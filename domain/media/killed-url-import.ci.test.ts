import { createHash } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Media, MediaJob } from '@audiocloud/api';
import t from 'tap';
import { KillableDomain } from '../testing/killable-domain.ts';
import { noiseWav } from '../testing/noise-wav.ts';
import type { NotedStanding } from './standing-note.ts';

const MEBIBYTE = 2 ** 20;
const PIECE_BYTES = 64 * 1024;
const KILLS = 3;

t.setTimeout(180_000);

/** A file on the server. */
interface Served {
  content: Buffer;
  etag: string | undefined;
  bytesPerSecond: number;
  hasRanges: boolean;
  /** From where each request wanted it. */
  asked: number[];
  sentBytes: number;
}
const served = (mebibytes: number, more: Partial<Served> = {}): Served => ({
  content: noiseWav(mebibytes * MEBIBYTE),
  etag: '"one"',
  bytesPerSecond: 2 * MEBIBYTE,
  hasRanges: true,
  asked: [],
  sentBytes: 0,
  ...more,
});

/** Sends a part as fast as it is to come, as far as it may be by now, and counts what it sent. */
async function send(response: ServerResponse, file: Served, from: number, mayBe: () => number): Promise<void> {
  const begunMs = performance.now();
  for (let at = from; at < file.content.length && !response.destroyed; ) {
    if (at >= file.content.length * mayBe()) {
      await sleep(5);
      continue;
    }
    const piece = file.content.subarray(at, at + PIECE_BYTES);
    if (!response.write(piece))
      await new Promise<void>((resolve) => response.once('drain', resolve).once('close', resolve));
    at += piece.length;
    file.sentBytes += piece.length;
    const dueMs = begunMs + ((at - from) / file.bytesPerSecond) * 1000;
    await sleep(Math.max(0, dueMs - performance.now()));
  }
  response.end();
}

t.test(`imports from URLs go on after each of ${KILLS} kills, and what is not sure begins anew`, async (t) => {
  const files = {
    steady: served(20, { bytesPerSecond: 4 * MEBIBYTE }),
    changed: served(8),
    unnamed: served(6, { etag: undefined, bytesPerSecond: 3 * MEBIBYTE }),
    rangeless: served(6, { hasRanges: false, bytesPerSecond: 3 * MEBIBYTE }),
    shorter: served(8),
    damaged: served(8),
    longer: served(8),
    unreadable: served(8),
  };
  type Name = keyof typeof files;
  const names = Object.keys(files) as Name[];
  let kills = 0;
  const server = createServer((request, response) => {
    const file = files[request.url!.slice(1) as Name];
    const { content, etag, hasRanges } = file;
    const tag = etag === undefined ? {} : { etag };
    const [, start] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
    file.asked.push(Number(start ?? 0));
    const isPart = start !== undefined && hasRanges && request.headers['if-range'] === etag;
    const from = isPart ? Number(start) : 0;
    const range = isPart ? { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` } : {};
    response.writeHead(isPart ? 206 : 200, { ...tag, ...range, 'content-length': content.length - from });
    // None ends before it was killed, however busy the machine is.
    const mayBe = () => (file === files.steady ? (kills + 1) / (KILLS + 1) : kills > 0 ? 1 : 0.5);
    void send(response, file, from, mayBe);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const folder = mkdtempSync(join(tmpdir(), 'killed-url-import-'));
  const dataDir = join(folder, 'data');
  const coming = join(dataDir, 'imported', 'coming');
  mkdirSync(join(folder, 'media'));
  const domain = new KillableDomain({
    dataDir,
    access: 'open',
    mediaDirs: [join(folder, 'media')],
    pluginDirs: [fileURLToPath(new URL('../../plugins', import.meta.url))],
    engineEnvironment: { AUDIOCLOUD_DEVICE: 'paced' },
    requestsPerMinute: 1_000_000,
    mediaJobs: names.length,
    imports: { allowsHttp: true, networks: ['127.0.0.1'] } as never,
  });
  t.teardown(async () => {
    await domain.close();
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const call: KillableDomain['call'] = (...request) => domain.call(...request);
  await domain.start();
  const jobs = {} as Record<Name, MediaJob>;
  for (const name of names) jobs[name] = await call('POST', '/v1/media', { from: { url: `${base}/${name}` } });
  const copyOf = (name: Name) => join(coming, jobs[name].id);
  const noteOf = (name: Name) => `${copyOf(name)}.standing`;
  const noted = (name: Name): NotedStanding | undefined => {
    try {
      return JSON.parse(readFileSync(noteOf(name), 'utf8'));
    } catch {
      return undefined;
    }
  };
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await sleep(2);
  };

  /** What of the steady one was noted when it was killed. */
  const stood: number[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    if (kill === 0) await until(() => names.every((name) => name === 'unnamed' || noted(name) !== undefined));
    await until(() => (noted('steady')?.bytes ?? 0) > (stood.at(-1) ?? 0));
    await domain.kill();
    kills += 1;
    const { bytes, totalBytes } = noted('steady')!;
    t.equal(totalBytes, files.steady.content.length);
    stood.push(bytes);
    if (kill === 0) {
      t.notOk(noted('unnamed'), 'what its server does not name is not gone on with');
      files.changed.content = noiseWav(7 * MEBIBYTE);
      files.changed.etag = '"two"';
      truncateSync(copyOf('shorter'), noted('shorter')!.bytes - 1);
      const copy = openSync(copyOf('damaged'), 'r+');
      writeSync(copy, Buffer.alloc(4096), 0, 4096, 500_000); // as a block that never reached the disk
      closeSync(copy);
      appendFileSync(copyOf('longer'), Buffer.alloc(3 * MEBIBYTE, 'x'));
      writeFileSync(noteOf('unreadable'), '{"bytes":');
      // Of a job that has ended, and of one that was being looked into.
      for (const name of ['media-job-000000000000', 'media-job-000000000000.standing', `${jobs.steady.id}.peaks.part0`])
        writeFileSync(join(coming, name), '{}');
    }
    await domain.start();
    t.notOk(
      readdirSync(coming).some((name) => /0{12}|peaks/.test(name)),
      'what nobody goes on with is removed',
    );
  }
  for (const name of names) {
    let ended: MediaJob;
    do {
      await sleep(10);
      ended = await call<MediaJob>('GET', `/v1/media-jobs/${jobs[name].id}`);
    } while (ended.endedAt === undefined);
    const { content, asked, sentBytes } = files[name];
    t.match(ended, { state: 'done', bytes: content.length }, name);
    const sha256 = createHash('sha256').update(content).digest('hex');
    t.match(await call<Media>('GET', `/v1/media/${ended.media}`), { sha256, bytes: content.length }, name);
    const kept = readFileSync(join(dataDir, 'imported', sha256.slice(0, 2), sha256));
    t.ok(kept.equals(content), `${name}: the file is that of the server`);
    t.comment(
      `${name}: asked from ${asked.map((from) => (from / MEBIBYTE).toFixed(1)).join(', ')} MiB; sent ${(sentBytes / content.length).toFixed(2)} times`,
    );
  }
  t.same(files.steady.asked, [0, ...stood], 'it went on behind what was on the disk');
  const times = files.steady.sentBytes / files.steady.content.length;
  t.ok(times < 1.5, `${times.toFixed(2)} times its bytes were sent`);
  for (const name of ['changed', 'longer'] as const) t.ok(files[name].asked[1]! > 0, `${name}: the rest was asked for`);
  for (const name of ['unnamed', 'shorter', 'damaged', 'unreadable'] as const)
    t.equal(files[name].asked[1], 0, `${name}: it was asked for anew`);
  t.same(readdirSync(coming), [], 'nothing is left');
});
