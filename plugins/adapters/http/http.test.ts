import { createHash, X509Certificate } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { AdapterPort, Setting } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { adapter } from './index.ts';
import { DEVICE_PEM, outletServer } from './testing/outlet-server.ts';

const SECRET = 'open-sesame-7';

async function openAt(t: Test, port: number, settings: Record<string, Setting> = {}) {
  const pattern = { host: '127.0.0.1', port: String(port) };
  const [facts] = await adapter.list([pattern], [settings]);
  t.strictSame(facts, { id: `127.0.0.1:${port}`, attributes: pattern });
  const opened = await adapter.open(facts!, settings);
  t.teardown(() => opened.close());
  const answers: { method: string; path: string; status: number; body: unknown }[] = [];
  opened.onData((bytes) => answers.push(JSON.parse(Buffer.from(bytes).toString('utf8'))));
  return { opened, answers, facts: facts! };
}

const ask = (port: AdapterPort, method: string, path: string, more: object = {}) =>
  port.write(Buffer.from(JSON.stringify({ method, path, ...more })));

t.test('a request is sent as it stands, and its answer comes back with what was asked', async (t) => {
  const server = await outletServer(t);
  const { opened, answers } = await openAt(t, server.port);
  await ask(opened, 'PUT', '/outlets/2', { headers: { 'X-Mode': 'fast' }, body: { on: true } });
  await ask(opened, 'GET', '/outlets/2');
  await ask(opened, 'GET', '/nothing');
  const [put, get] = server.received;
  t.match(put, { method: 'PUT', url: '/outlets/2', body: '{"on":true}' });
  t.match(put!.headers, { 'x-mode': 'fast', 'content-type': 'application/json', host: `127.0.0.1:${server.port}` });
  t.equal(get!.body, '');
  t.equal(get!.headers['authorization'], undefined);
  t.match(answers, [
    { method: 'PUT', path: '/outlets/2', status: 200, body: { id: 2, on: true } },
    { method: 'GET', path: '/outlets/2', status: 200, body: { on: true } },
    { method: 'GET', path: '/nothing', status: 404, body: 'no such thing' },
  ]);
});

t.test('one request at a time, in order, whatever is asked at once', async (t) => {
  let running = 0;
  let most = 0;
  const server = await outletServer(t, {
    first(_, response) {
      most = Math.max(most, ++running);
      setTimeout(() => {
        running--;
        response.end('{}');
      }, 5);
      return true;
    },
  });
  const { opened, answers } = await openAt(t, server.port, { basePath: '/api/v1' });
  const paths = Array.from({ length: 10 }, (_, i) => `/${i}`);
  await Promise.all(paths.map((path) => ask(opened, 'GET', path)));
  t.equal(most, 1);
  t.strictSame(
    answers.map(({ path }) => path),
    paths,
  );
  t.strictSame(
    server.received.map(({ url }) => url),
    paths.map((path) => `/api/v1${path}`),
  );
});

/** A header that each authentication sends, by hand; the digest is computed with no code of the adapter. */
const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const nonce = 'abc';
for (const [name, settings, isRight] of [
  ['basic', { user: 'me', password: SECRET }, (h) => h['authorization'] === 'Basic bWU6b3Blbi1zZXNhbWUtNw=='],
  ['bearer', { token: SECRET }, (h) => h['authorization'] === `Bearer ${SECRET}`],
  ['header', { header: 'X-Api-Key', token: SECRET }, (h) => h['x-api-key'] === SECRET],
  [
    'digest',
    { user: 'me', password: SECRET },
    (h) => {
      const text = h['authorization'] ?? '';
      const field = (key: string) => new RegExp(`${key}="?([^",]+)`).exec(text)?.[1] ?? '';
      const login = md5(`me:studio:${SECRET}`);
      return (
        field('response') === md5(`${login}:${nonce}:${field('nc')}:${field(' cnonce')}:auth:${md5('GET:/outlets')}`)
      );
    },
  ],
] as [string, Record<string, Setting>, (headers: Record<string, string | undefined>) => boolean][])
  t.test(`authentication ${name}`, async (t) => {
    const counts: string[] = [];
    const server = await outletServer(t, {
      first({ headers }, response) {
        counts.push(/nc=(\w+)/.exec(headers.authorization ?? '')?.[1] ?? '');
        if (isRight(headers as Record<string, string>)) return false;
        response.writeHead(401, { 'www-authenticate': `Digest realm="studio", nonce="${nonce}", qop="auth"` });
        response.end('"who are you?"');
        return true;
      },
    });
    const { opened, answers } = await openAt(t, server.port, { authentication: name, ...settings });
    await ask(opened, 'GET', '/outlets');
    await ask(opened, 'GET', '/outlets');
    t.strictSame(
      answers.map(({ status }) => status),
      [200, 200],
    );
    if (name === 'digest') t.strictSame(counts, ['', '00000001', '00000002'], 'asked once, then counted');
    await opened.close();

    const wrong = { ...settings, ...(settings['token'] ? { token: 'wrong' } : { password: 'wrong' }) };
    const other = await openAt(t, server.port, { authentication: name, ...wrong });
    await ask(other.opened, 'GET', '/outlets');
    t.match(other.answers, [{ status: 401, body: 'who are you?' }], 'a wrong secret is tried no third time');
  });

t.test('an authentication that lacks a setting is refused by name', async (t) => {
  const server = await outletServer(t);
  await t.rejects(openAt(t, server.port, { authentication: 'basic', password: SECRET }), {
    code: 'DRIVER_INVALID',
    message: /basic: it needs user; add to the settings/,
  });
});

t.test('whatever fails, no message holds a secret', async (t) => {
  const server = await outletServer(t, {
    first({ url }, response) {
      if (url.startsWith('/redirect')) response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
      else if (url.startsWith('/large')) response.end('x'.repeat(2000));
      else if (url.startsWith('/cut')) response.socket!.destroy();
      else if (url.startsWith('/half')) {
        response.writeHead(200, { 'content-length': '100' }).write('half');
        setTimeout(() => response.socket!.destroy(), 5);
      }
      return true; // and /never is not answered
    },
  });
  const settings = { authentication: 'bearer', token: SECRET, timeoutMs: 100, maxAnswerBytes: 1000 };
  const { opened, answers } = await openAt(t, server.port, settings);
  for (const [path, why] of [
    ['/never', /no answer within 100 ms; look at the device/],
    ['/redirect', /points elsewhere, which is not followed/],
    ['/large', /over 1000 bytes/],
    ['/cut', /look at the device, its cable/],
    ['/half', /look at the device, its cable/],
  ] as const) {
    const error = await ask(opened, 'GET', `${path}?key=${SECRET}`).then(
      () => undefined,
      (thrown) => thrown,
    );
    t.match(error, { code: 'ADAPTER_FAILED', message: why }, path);
    t.match(error.message, `Cannot GET ${path} of 127.0.0.1`);
    t.notMatch(JSON.stringify(error) + String(error.stack) + JSON.stringify(error.cause ?? ''), SECRET);
  }
  t.equal(server.received.length, 5, 'nothing was sent again, and no redirect followed');
  t.strictSame(answers, []);
});

t.test('https takes the certificate that the settings name, and no other', async (t) => {
  const server = await outletServer(t, { tls: true });
  const certificateSha256 = new X509Certificate(DEVICE_PEM).fingerprint256.replaceAll(':', '').toLowerCase();
  const { opened, answers } = await openAt(t, server.port, { tls: true, certificateSha256 });
  await ask(opened, 'GET', '/outlets/1');
  t.match(answers, [{ status: 200, body: { id: 1 } }]);
  await opened.close();
  const wrong: Record<string, Setting>[] = [{ tls: true }, { tls: true, certificateSha256: '0'.repeat(64) }];
  for (const settings of wrong) {
    const { opened } = await openAt(t, server.port, settings);
    await t.rejects(ask(opened, 'GET', '/outlets/1'), { code: 'ADAPTER_FAILED', message: /certificate/ });
    await opened.close();
  }
  t.equal(server.received.length, 1, 'nothing was sent to a stranger');
});

t.test('a device that is gone is not listed, with or without an open port; it comes back', async (t) => {
  const server = await outletServer(t);
  const { opened, facts } = await openAt(t, server.port);
  await ask(opened, 'GET', '/outlets');
  const list = () => adapter.list([facts.attributes]);
  t.equal((await list()).length, 1);
  await server.end();
  while ((await list()).length) await pause(10); // the cut connection may be noticed a moment later
  await t.rejects(ask(opened, 'GET', '/outlets'), { code: 'ADAPTER_FAILED', message: /ECONNREFUSED/ });
  await opened.close();
  t.strictSame(await list(), []);
  await outletServer(t, { port: server.port });
  const again = await openAt(t, server.port);
  await ask(again.opened, 'GET', '/outlets');
  t.match(again.answers, [{ status: 200 }]);
});

t.test('an idle connection is given up, so that the device is asked for again', async (t) => {
  const server = await outletServer(t);
  const { opened, facts } = await openAt(t, server.port);
  await ask(opened, 'GET', '/outlets');
  const before = server.connections();
  while (server.connections() === before) {
    await adapter.list([facts.attributes]);
    await pause(50);
  }
  t.ok(server.connections() > before);
});

t.test('an address is opened once; close refuses what is pending and what comes', async (t) => {
  const server = await outletServer(t, { first: () => true });
  const { opened, facts } = await openAt(t, server.port);
  await t.rejects(adapter.open(facts, {}), { code: 'ADAPTER_FAILED', message: /open already/ });
  const pending = [ask(opened, 'GET', '/a'), ask(opened, 'GET', '/b')].map((one) =>
    one.then(
      () => 'sent',
      ({ code }) => code,
    ),
  );
  await opened.close();
  t.strictSame(await Promise.all(pending), ['ADAPTER_FAILED', 'ADAPTER_FAILED']);
  await t.rejects(ask(opened, 'GET', '/c'), { code: 'ADAPTER_FAILED', message: /closed/ });
  await (await adapter.open(facts, {})).close();
});
