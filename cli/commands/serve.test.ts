import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { storePath } from '@audiocloud/domain';
import t, { type Test } from 'tap';
import { LiveClient } from '../../domain/testing/live-client.ts';
import { CommandProcess, RunningCommand } from '../testing/run-command.ts';

const command = new CommandProcess();
t.teardown(() => command.end());

t.test('a port that is taken is named, with what to do', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  t.teardown(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const dataDir = mkdtempSync(join(tmpdir(), 'serve-'));
  t.teardown(() => rmSync(dataDir, { recursive: true, force: true }));
  const run = await command.run('serve', '--port', String(port), '--data', dataDir);
  t.match(run, { code: 1, stderr: new RegExp(`^REQUEST_INVALID: .*127\\.0\\.0\\.1:${port}.*--port`, 'm') });
});

t.test('a data folder that lies too deep is named, with what to do', async (t) => {
  const run = await command.run('serve', '--port', '0', '--data', join(tmpdir(), 'deep'.repeat(30)));
  t.match(run, { code: 1, stderr: /^CONFIG_INVALID: .*engine-control\.sock: .* at most 107.*; use a data folder/m });
});

/** `audiocloud serve` on any free port, with its address and the lines of its log. */
async function serve(t: Test, ...flags: string[]) {
  // Not t.testdir: the paths of Unix sockets may have 107 bytes.
  const dataDir = mkdtempSync(join(tmpdir(), 'serve-'));
  const { child, finished } = new RunningCommand(['serve', '--port', '0', '--data', dataDir, ...flags], {
    AUDIOCLOUD_DEVICE: 'paced',
    // What tap puts into every Node that a test starts would end it by the signal itself, before it is through.
    NODE_OPTIONS: '',
  });
  t.teardown(async () => {
    child.kill('SIGKILL');
    await finished;
    rmSync(dataDir, { recursive: true, force: true });
  });
  const lines: string[] = [];
  let heard = Promise.withResolvers<void>();
  child.stdout!.on('data', (text: string) => {
    lines.push(...text.trimEnd().split('\n'));
    heard.resolve();
    heard = Promise.withResolvers();
  });
  void finished.then(() => heard.resolve());
  const line = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = lines.find((one) => pattern.test(one));
      if (found) return found;
      if (child.exitCode !== null) throw new Error(`it ended: ${(await finished).stderr}${lines.join('\n')}`);
      await heard.promise;
    }
  };
  const [, url, token] = /open (http[^\s#]+[^\s#/])\/?(?:#token=(\S+))?$/.exec(await line(/is running/))!;
  return { child, finished, dataDir, url: url!, token, lines, line };
}

/** A request whose head was sent, and whose body waits until `send`. */
function slowRequest(url: string, path: string, body: object, token: string) {
  const text = JSON.stringify(body);
  const request = httpRequest(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': text.length, authorization: `Bearer ${token}` },
  });
  request.write(text.slice(0, 5));
  const answer = once(request, 'response').then(([response]) => response.statusCode as number);
  return { answer, send: () => request.end(text.slice(5)) };
}

/** Settles when a request waits for its answer. */
async function isUnderWay(url: string, headers: Record<string, string>): Promise<void> {
  while (!/_requests_under_way 1\n/.test(await (await fetch(`${url}/metrics`, { headers })).text())) await sleep(20);
}

t.test('a domain that is asked to end', async (t) => {
  const task = { name: 'T', sampleRate: 48000, instances: { tone: { model: 'audiocloud:tone' } } };
  const config = join(
    t.testdir({ 'a.yaml': 'log: { level: debug }\ndrain: { delaySeconds: 1, limitSeconds: 60 }\n' }),
    'a.yaml',
  );
  const { child, finished, dataDir, url, token = '', lines, line } = await serve(t, '--config', config);
  t.ok(token, 'the first start prints a token');
  const authorization = { authorization: `Bearer ${token}` };
  const send = (method: string, path: string, body: object) =>
    fetch(url + path, {
      method,
      headers: { 'content-type': 'application/json', ...authorization },
      body: JSON.stringify(body),
    });
  const statusOf = async (path: string) => (await fetch(url + path, { headers: authorization })).status;
  t.equal((await send('POST', '/v1/tasks?token=my-token', { id: 'a', task })).status, 201);
  t.equal((await send('PATCH', '/v1/tasks/a/transport', { play: true })).status, 200);
  const live = await LiveClient.open(`${url.replace('http', 'ws')}/v1/tasks/a/live`, authorization);
  await live.until(
    () => live.messages.some((one) => one.type === 'meters' && one.transport.positionFrames > 4800),
    'a playhead',
  );
  t.equal(await statusOf('/v1/ready'), 200);
  const other = await command.run('serve', '--port', '0', '--data', dataDir);
  t.match(other, { code: 1, stderr: /^STORE_BUSY: .*a domain runs on it/ });
  t.match(await command.run('domain', 'restore', config, '--data', dataDir), { code: 1, stderr: /^STORE_BUSY: / });
  const backup = join(dataDir, 'store.backup');
  t.match(await command.run('domain', 'backup', backup, '--data', dataDir), { code: 0, stdout: /\d+ entries/ });
  const slow = slowRequest(url, '/v1/tasks', { id: 'b', task }, token);
  await isUnderWay(url, authorization);

  child.kill('SIGTERM');
  await line(/"msg":"draining"/);
  const ready = await fetch(`${url}/v1/ready`);
  t.equal(ready.status, 503);
  t.match(await ready.json(), { code: 'DOMAIN_NOT_READY', details: { reasons: [{ code: 'DOMAIN_NOT_READY' }] } });
  t.equal(await statusOf('/v1/tasks'), 200, 'within the delay requests are taken');
  while ((await statusOf('/v1/tasks')) === 200) await sleep(20);
  t.equal(await statusOf('/v1/tasks'), 503);
  t.equal(await statusOf('/v1/health'), 200, 'who watches sees it end');
  await live.until(() => live.closed !== undefined, 'the end of the socket');
  t.equal(live.closed?.code, 1001);
  slow.send();
  t.equal(await slow.answer, 201, 'what was under way is answered');
  t.equal((await finished).code, 0);

  const store = new DatabaseSync(storePath(dataDir), { readOnly: true });
  const records = store.prepare("SELECT key, value FROM entries WHERE key GLOB 'task/*' ORDER BY key").all() as {
    key: string;
    value: string;
  }[];
  store.close();
  t.same(
    records.map(({ key }) => key),
    ['task/main/a', 'task/main/b'],
  );
  const record = JSON.parse(records[0]!.value);
  t.equal(record.isPlaying, true);
  t.ok(record.positionSeconds > 0.1, `the playhead is stored: ${record.positionSeconds}`);

  await t.test('its log has an id in every line of a request, and no secret', async (t) => {
    const logged = lines.filter((one) => one.startsWith('{')).map((one) => JSON.parse(one));
    const answered = logged.filter(({ msg }) => msg === 'answered');
    t.ok(answered.length > 5);
    for (const { requestId, path } of answered) t.match(requestId, /^[0-9a-f-]{36}$/, path);
    const isIn = (text: string) => lines.filter((one) => one.includes(text)).length;
    t.equal(isIn(token), 1, 'the token is printed once');
    t.equal(isIn('my-token'), 0);
  });
});

t.test('a second signal ends a domain at once', async (t) => {
  const config = join(t.testdir({ 'a.yaml': 'drain: { limitSeconds: 3600 }\n' }), 'a.yaml');
  const { child, finished, url, token = '', line } = await serve(t, '--config', config);
  const task = { name: 'T', sampleRate: 48000 };
  const slow = slowRequest(url, '/v1/tasks', { id: 'b', task }, token);
  slow.answer.catch(() => undefined);
  await isUnderWay(url, { authorization: `Bearer ${token}` });
  child.kill('SIGTERM');
  await line(/"msg":"draining"/);
  child.kill('SIGTERM');
  t.equal((await finished).code, 143);
});
