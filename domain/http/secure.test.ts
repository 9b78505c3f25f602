import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KeyCreated, TokenCreated } from '@audiocloud/api';
import { pino } from 'pino';
import t from 'tap';
import { WebSocket } from 'ws';
import { type DomainOptions, startDomain } from '../main.ts';

// Without an engine: what is shown here ends before one is asked. Certificates and keys of domain/testing/tls are for these tests alone.

const folder = mkdtempSync(join(tmpdir(), 'secure-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const pem = (name: string) => fileURLToPath(new URL(`../testing/tls/${name}.pem`, import.meta.url));
const engineEntry = join(folder, 'no-engine.js');
writeFileSync(engineEntry, 'process.exit(1)');

let lastFolder = 0;
function options(more: Partial<DomainOptions>): DomainOptions {
  return {
    port: 0,
    dataDir: join(folder, String(++lastFolder)),
    mediaDirs: [],
    pluginDirs: [],
    engineEntry,
    logger: pino({ level: 'silent' }) as never,
    ...more,
  };
}

interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  certificate: string;
}

/** Over TLS, with a certificate that nobody signed. */
function get(url: string, { body, ...more }: RequestOptions & { body?: string } = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { rejectUnauthorized: false, agent: false, ...more }, (response) => {
      const socket = response.socket as unknown as { getPeerCertificate(): { fingerprint256: string } };
      const certificate = socket.getPeerCertificate().fingerprint256;
      let text = '';
      response.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text, certificate }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

t.test('a domain that other machines reach does not start without a login and TLS', async (t) => {
  await t.rejects(startDomain(options({ host: '0.0.0.0' })), { code: 'CONFIG_INVALID', message: /tls\.cert/ });
  await t.rejects(startDomain(options({ host: '0.0.0.0', access: 'open' })), { code: 'CONFIG_INVALID' });
  const tls = { cert: pem('first-cert'), key: pem('second-key') };
  await t.rejects(startDomain(options({ tls })), { code: 'CONFIG_INVALID', message: /first-cert/ });
});

t.test('over TLS: browsers are told to stay, cookies go nowhere else, a certificate is read again', async (t) => {
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  const take = (name: string) => {
    copyFileSync(pem(`${name}-cert`), files.cert);
    copyFileSync(pem(`${name}-key`), files.key);
  };
  take('first');
  let token = '';
  const domain = await startDomain(
    options({
      tls: files,
      onFirstStart: (made) => {
        token = made.token;
      },
    }),
  );
  t.teardown(() => domain.close());
  t.match(domain.url, /^https:/);
  const first = await get(`${domain.url}/v1/ready`);
  t.match(first.headers['strict-transport-security'], /max-age=\d{8}/);
  await t.rejects(
    new Promise((_, reject) => httpRequest(domain.url.replace('https', 'http')).on('error', reject).end()),
    'plain http is no answer',
  );
  const headers = { authorization: `Bearer ${token}` };
  const session = await get(`${domain.url}/v1/session`, { method: 'POST', headers });
  t.match(String(session.headers['set-cookie']), /Secure/);
  const cookie = String(session.headers['set-cookie']).split(';')[0]!;
  const plainOrigin = domain.url.replace('https', 'http');
  t.equal(
    (await get(`${domain.url}/v1/session`, { method: 'DELETE', headers: { cookie, origin: plainOrigin } })).status,
    403,
  );
  take('second');
  domain.reload();
  const second = await get(`${domain.url}/v1/ready`);
  t.not(second.certificate, first.certificate);
  writeFileSync(files.key, 'damaged');
  t.throws(() => domain.reload(), { code: 'CONFIG_INVALID' });
  t.equal((await get(`${domain.url}/v1/ready`)).certificate, second.certificate, 'and goes on with the one before');
});

t.test('pages of other origins: those on the list call and connect with a token, all others do not', async (t) => {
  const studio = 'https://studio.example';
  let token = '';
  const domain = await startDomain(
    options({
      origins: [studio],
      onFirstStart: (made) => {
        token = made.token;
      },
    }),
  );
  t.teardown(() => domain.close());
  const ask = (method: string, path: string, headers: Record<string, string>) =>
    fetch(domain.url + path, { method, headers });
  const preflight = (origin: string) =>
    ask('OPTIONS', '/v1/tasks', {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    });
  const allowed = await preflight(studio);
  t.equal(allowed.status, 204);
  t.equal(allowed.headers.get('access-control-allow-origin'), studio);
  t.equal(allowed.headers.get('access-control-allow-credentials'), null, 'cookies never');
  const authorization = `Bearer ${token}`;
  t.equal(
    (await ask('GET', '/v1/tasks', { origin: studio, authorization })).headers.get('access-control-allow-origin'),
    studio,
  );
  for (const origin of ['https://evil.example', 'https://studio.example.evil', 'http://studio.example', 'null']) {
    t.equal((await preflight(origin)).headers.get('access-control-allow-origin'), null, origin);
    t.equal((await ask('POST', '/v1/plugins/rescan', { origin, authorization })).status, 403, origin);
  }
  const connect = (origin: string) =>
    new Promise<string>((resolve) => {
      const socket = new WebSocket(`${domain.url.replace('http', 'ws')}/v1/events/live`, {
        headers: { origin, authorization },
      });
      socket.once('open', () => resolve('open')).once('error', (error) => resolve(error.message));
      t.teardown(() => socket.terminate());
    });
  t.equal(await connect(studio), 'open');
  t.match(await connect('https://evil.example'), /403/);
});

t.test('bodies, frames and addresses have limits, and no answer has a stack trace', async (t) => {
  let token = '';
  const domain = await startDomain(
    options({
      requestsPerMinute: 30,
      onFirstStart: (made) => {
        token = made.token;
      },
    }),
  );
  t.teardown(() => domain.close());
  const authorization = `Bearer ${token}`;
  const post = (body: string, headers: Record<string, string> = { authorization }) =>
    fetch(`${domain.url}/v1/tasks`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
  const large = await post(' '.repeat(5 * 1024 * 1024));
  t.match([large.status, (await large.json()).code], [413, 'TOO_LARGE']);
  // Refused by its head: nobody reads what somebody unknown sends.
  t.equal((await post(' '.repeat(5 * 1024 * 1024), {})).status, 401);
  const texts = [await post('{'), await post('[]'), await post('{"task":{"__proto__":1}}')];
  for (const answer of texts) {
    const text = await answer.text();
    t.ok(answer.status >= 400 && answer.status < 500, `${answer.status}`);
    t.notMatch(text, /\bat .*\.[jt]s|node_modules|stack/);
  }
  const socket = new WebSocket(`${domain.url.replace('http', 'ws')}/v1/events/live`, { headers: { authorization } });
  await new Promise((resolve) => socket.once('open', resolve));
  socket.on('error', () => {});
  socket.send('x'.repeat(5 * 1024 * 1024));
  const code = await new Promise((resolve) => socket.once('close', resolve));
  t.equal(code, 1009, 'a frame that is too large');
  const answers: number[] = [];
  for (let i = 0; i < 40; i++) answers.push((await fetch(`${domain.url}/v1/tasks`)).status);
  t.ok(answers.includes(401) && answers.at(-1) === 429, `${answers}`);
});

t.test('another name for loopback is refused, for whoever would be led here by it', async (t) => {
  const domain = await startDomain(options({ access: 'open' }));
  t.teardown(() => domain.close());
  const { port } = new URL(domain.url);
  const status = await new Promise((resolve) =>
    httpRequest({ host: '127.0.0.1', port, path: '/v1/tasks', headers: { host: `evil.example:${port}` } }, (answer) =>
      resolve(answer.statusCode),
    ).end(),
  );
  t.equal(status, 403);
});

t.test('every start has secrets of its own, told once', async (t) => {
  const dataDir = join(folder, 'twice');
  const told: string[] = [];
  const onFirstStart = ({ token }: { token: string }) => void told.push(token);
  for (let i = 0; i < 2; i++) await (await startDomain(options({ dataDir, onFirstStart }))).close();
  t.equal(told.length, 1);
  const domain = await startDomain(options({ onFirstStart }));
  t.teardown(() => domain.close());
  t.equal(told.length, 2);
  const ask = (token: string) => fetch(`${domain.url}/v1/session`, { headers: { authorization: `Bearer ${token}` } });
  t.equal((await ask(told[1]!)).status, 200);
  t.equal((await ask(told[0]!)).status, 401, 'the token of another domain');
  t.notSame(
    readFileSync(join(dataDir, 'signing-keys.json')),
    readFileSync(join(folder, String(lastFolder), 'signing-keys.json')),
  );
});

t.test(
  'another signing key: tokens of before are taken for the overlap; without one none is, and sockets are closed',
  async (t) => {
    let token = '';
    const domain = await startDomain(
      options({
        onFirstStart: (made) => {
          token = made.token;
        },
      }),
    );
    t.teardown(() => domain.close());
    const ask = (method: string, path: string, shown: string, body?: object) =>
      fetch(domain.url + path, {
        method,
        headers: { authorization: `Bearer ${shown}`, ...(body ? { 'content-type': 'application/json' } : {}) },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
    const { secret } = (await (
      await ask('POST', '/v1/keys', token, { permissions: ['administration'] })
    ).json()) as KeyCreated;
    const socket = new WebSocket(`${domain.url.replace('http', 'ws')}/v1/events/live`, {
      headers: { authorization: `Bearer ${token}` },
    });
    await new Promise((resolve) => socket.once('open', resolve));
    const ended = new Promise((resolve) => socket.once('close', resolve));
    t.equal((await ask('POST', '/v1/signing-key/rotate', secret, {})).status, 204);
    t.equal((await ask('GET', '/v1/session', token)).status, 200);
    t.equal((await ask('POST', '/v1/signing-key/rotate', secret, { overlapSeconds: 0 })).status, 204);
    t.equal(await ended, 4401);
    t.equal((await ask('GET', '/v1/session', token)).status, 401);
    const next = (await (await ask('POST', '/v1/tokens', secret, {})).json()) as TokenCreated;
    t.equal((await ask('GET', '/v1/session', next.token)).status, 200);
  },
);

t.test('an open domain leaves no secret behind', async (t) => {
  const dataDir = join(folder, 'open');
  mkdirSync(dataDir);
  const domain = await startDomain(options({ dataDir, access: 'open' }));
  t.teardown(() => domain.close());
  t.throws(() => readFileSync(join(dataDir, 'signing-keys.json')), { code: 'ENOENT' });
  const made = await fetch(`${domain.url}/v1/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  t.equal(made.status, 401, 'nobody is known, so nobody has a token');
});
