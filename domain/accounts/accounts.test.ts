import { DatabaseSync } from 'node:sqlite';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { Application, AuditPage, check, Identity, Key, KeyCreated, TokenCreated } from '@audiocloud/api';
import t from 'tap';
import { WebSocket } from 'ws';
import { MOST_WRONG_TRIES } from '../permissions/wrong-tries.ts';
import { sharedKnownDomain } from '../testing/known-domain.ts';
import { LiveClient } from '../testing/live-client.ts';
import { toneTask } from '../testing/test-domain.ts';

const domain = await sharedKnownDomain(t);
const { administrator } = domain;
const admin = domain.as(administrator);
await admin('POST', '/v1/applications', { id: 'studio', name: 'Studio' });
const application = 'studio';
const everything = ['read', 'structure', 'media', 'parameters', 'transport', 'audio'] as const;
const socketUrl = `${domain.url.replace('http', 'ws')}/v1/tasks/cut/live`;
const owner = await domain.key({ application, permissions: [...everything] });
await domain.as(owner.secret)('POST', '/v1/tasks', { id: 'cut', task: toneTask });

/** Settles with the code that a socket is closed with, and after how many ms. */
async function cutBy(client: LiveClient, act: () => Promise<unknown>): Promise<{ code: number; ms: number }> {
  const began = performance.now();
  await act();
  const { code } = await client.until(() => client.closed, 'the end of the socket');
  return { code, ms: performance.now() - began };
}

t.test('applications and keys are made, listed, read, changed and ended; no secret is told twice', async (t) => {
  const made = await admin('POST', '/v1/applications', {
    id: 'short',
    name: 'Short',
    limits: { requestsPerMinute: 5 },
  });
  check(Application, made.body, 'application', 'MESSAGE_INVALID');
  t.match(await admin('POST', '/v1/applications', { id: 'short', name: 'x' }), {
    body: { code: 'APPLICATION_EXISTS' },
  });
  const key = check(
    KeyCreated,
    (await admin('POST', '/v1/keys', { application: 'short', name: 'Bot', permissions: ['read'] })).body,
    'key',
    'MESSAGE_INVALID',
  );
  t.match(key.secret, /^ac_[0-9a-f]{12}_[\w-]{43}$/);
  const listed = (await admin('GET', '/v1/keys?application=short')).body.keys;
  t.same(
    listed.map(({ id }: Key) => id),
    [key.id],
  );
  check(Key, (await admin('GET', `/v1/keys/${key.id}`)).body, 'key', 'MESSAGE_INVALID');
  const texts = [listed, (await admin('GET', '/v1/audit?limit=1000')).body, (await admin('GET', '/v1/events')).body];
  const stored = new DatabaseSync(join(domain.dataDir, 'domain.db'), { readOnly: true });
  const entries = stored.prepare('SELECT key, value FROM entries').all();
  stored.close();
  for (const text of [...texts, entries].map((one) => JSON.stringify(one)))
    t.notOk(text.includes(key.secret.slice(-43)));
  const bot = domain.as(key.secret);
  for (let i = 0; i < 5; i++) t.equal((await bot('GET', '/v1/tasks')).status, 200);
  t.match(await bot('GET', '/v1/tasks'), { status: 429, body: { code: 'RATE_LIMITED' } }, 'from whatever address');
  t.equal((await admin('PUT', '/v1/applications/short', { name: 'Longer' })).status, 200);
  t.match(await admin('PUT', '/v1/applications/main', { name: 'Main', permissions: ['read'] }), { status: 400 });
  t.equal((await admin('PUT', '/v1/applications/main', { name: 'Main' })).status, 200, 'which has everything still:');
  const boss = await domain.key({ permissions: ['administration'] });
  t.equal((await domain.as(boss.secret)('GET', '/v1/keys')).status, 200);
  t.equal((await bot('GET', '/v1/tasks')).status, 200);
  t.equal((await admin('DELETE', `/v1/keys/${key.id}`)).status, 204);
  t.match(await admin('DELETE', `/v1/keys/${key.id}`), { status: 404, body: { code: 'KEY_UNKNOWN' } });
  t.match(await bot('GET', '/v1/tasks'), { status: 401 });
});

t.test('nobody hands on more than it has', async (t) => {
  const { secret } = await domain.key({
    application,
    permissions: ['read', 'transport'],
    tasks: ['cut', 'two'],
    lifetimeSeconds: 600,
  });
  const call = domain.as(secret);
  for (const more of [
    { permissions: ['read', 'audio'] },
    { permissions: ['administration'] },
    { tasks: ['cut', 'three'] },
    { application: 'main' },
    { application: 'none' },
  ])
    t.match(
      await call('POST', '/v1/tokens', more),
      { status: 403, body: { code: 'PERMISSION_DENIED' } },
      JSON.stringify(more),
    );
  const token = check(
    TokenCreated,
    (await call('POST', '/v1/tokens', { tasks: ['cut'], lifetimeSeconds: 43_200 })).body,
    'token',
    'MESSAGE_INVALID',
  );
  t.ok(Date.parse(token.expires) <= Date.now() + 600_000, 'no longer than the key');
  const who = check(Identity, (await domain.as(token.token)('GET', '/v1/session')).body, 'identity', 'MESSAGE_INVALID');
  t.match(who, { application, permissions: ['read', 'transport'], tasks: ['cut'] });
  t.match(
    await domain.as(token.token)('POST', '/v1/tokens', { tasks: ['two'] }),
    { status: 403 },
    'of a token neither',
  );
  const fewer = (await domain.as(token.token)('POST', '/v1/tokens', { permissions: ['read'] })).body.token;
  t.same((await domain.as(fewer)('GET', '/v1/session')).body.permissions, ['read']);
  t.match(await domain.as(fewer)('PATCH', '/v1/tasks/cut/transport', { play: false }), { status: 403 });
  let last = token.token;
  for (let i = 0; i < 8; i++) last = (await domain.as(last)('POST', '/v1/tokens', {})).body.token;
  t.match(await domain.as(last)('POST', '/v1/tokens', {}), { status: 403 }, 'a row of tokens has an end');
  const narrow = await domain.key({ permissions: ['administration'] });
  const maker = domain.as(narrow.secret);
  t.match(
    await maker('POST', '/v1/keys', { application, permissions: ['read'] }),
    { status: 403 },
    'nor does who administrates',
  );
  t.match(await maker('POST', `/v1/keys/${owner.id}/rotate`, {}), { status: 403 }, 'nor by the secret of another key');
  t.match(await maker('POST', '/v1/tokens', { application, permissions: ['audio'] }), { status: 403 });
  await admin('POST', '/v1/applications', { id: 'bounded', name: 'Bounded', permissions: ['read'] });
  const bounded = await domain.key({ application: 'bounded', permissions: ['read', 'transport'] });
  t.same(
    (await domain.as(bounded.secret)('GET', '/v1/session')).body.permissions,
    ['read'],
    'nor more than its application',
  );
});

t.test('who has some tasks does nothing else but look', async (t) => {
  const { secret } = await domain.key({ application, permissions: [...everything], tasks: ['cut'] });
  const call = domain.as(secret);
  await domain.as(owner.secret)('POST', '/v1/tasks', { id: 'hidden', task: toneTask });
  t.same(
    (await call('GET', '/v1/tasks')).body.tasks.map(({ id }: { id: string }) => id),
    ['cut'],
  );
  t.equal((await call('PATCH', '/v1/tasks/cut/transport', { play: false })).status, 200);
  for (const id of ['hidden', 'nothing'])
    t.match(await call('GET', `/v1/tasks/${id}`), { status: 403, body: { message: new RegExp(id) } });
  t.match(await call('POST', '/v1/tasks', { id: 'new', task: toneTask }), { status: 403 });
  t.match(await call('POST', '/v1/presets', { name: 'x', capture: { task: 'cut' } }), { status: 403 });
});

t.test('a revoked key is refused, with its tokens, and their sockets are closed within a second', async (t) => {
  const { id, secret } = await domain.key({ application, permissions: [...everything] });
  const token = (await domain.token((await domain.token(secret)).token)).token;
  const clients = [
    await LiveClient.open(socketUrl, domain.headers(secret)),
    await LiveClient.open(socketUrl, domain.headers(token)),
  ];
  const stays = await LiveClient.open(socketUrl, domain.headers(owner.secret));
  for (const client of clients) await client.ack({ type: 'listen', format: 's16' });
  const ends = await Promise.all([
    ...clients.map((client) => cutBy(client, async () => {})),
    admin('DELETE', `/v1/keys/${id}`),
  ]);
  for (const { code, ms } of ends.slice(0, 2) as { code: number; ms: number }[]) {
    t.equal(code, 4401);
    t.comment(`cut after ${ms.toFixed(0)} ms`);
  }
  for (const shown of [secret, token]) t.match(await domain.as(shown)('GET', '/v1/tasks'), { status: 401 });
  t.ok(await stays.ack({ type: 'ping' }), 'others stay');
  stays.close();
});

t.test('what a socket sends after its key was revoked is not carried out', async (t) => {
  const { id, secret } = await domain.key({ application, permissions: [...everything] });
  const client = await LiveClient.open(socketUrl, domain.headers(secret));
  await client.ack({ type: 'set', changes: [{ instance: 'gain', parameter: 'gain', value: -1 }] });
  const revoked = admin('DELETE', `/v1/keys/${id}`);
  let value = -1;
  const sending = setInterval(() => {
    value -= 0.25;
    client.socket.send(
      JSON.stringify({ id: 1, type: 'set', changes: [{ instance: 'gain', parameter: 'gain', value }] }),
    );
  }, 1);
  await revoked;
  const atRevocation = value;
  await client.until(() => client.closed, 'the end');
  clearInterval(sending);
  const { body } = await domain.as(owner.secret)('GET', '/v1/tasks/cut');
  // What was on its way when the answer came may have been carried out before.
  t.ok(body.task.instances.gain.parameters.gain >= atRevocation, `${body.task.instances.gain.parameters.gain}`);
});

t.test('a socket ends when its token does, is ended, or when its application may do less', async (t) => {
  const short = await domain.token(owner.secret, { lifetimeSeconds: 1 });
  const brief = await LiveClient.open(socketUrl, domain.headers(short.token));
  t.equal((await cutBy(brief, async () => {})).code, 4401);
  t.match(await domain.as(short.token)('GET', '/v1/tasks'), { status: 401, body: { code: 'TOKEN_EXPIRED' } });

  const ended = await domain.token(owner.secret);
  const made = await domain.token(ended.token);
  const client = await LiveClient.open(socketUrl, domain.headers(made.token));
  t.match(await domain.as(made.token)('DELETE', `/v1/tokens/${ended.id}`), { status: 403 }, 'only ones own');
  t.equal((await cutBy(client, () => domain.as(ended.token)('DELETE', `/v1/tokens/${ended.id}`))).code, 4401);
  for (const shown of [ended.token, made.token]) t.match(await domain.as(shown)('GET', '/v1/tasks'), { status: 401 });

  await admin('POST', '/v1/applications', { id: 'less', name: 'Less' });
  const less = await domain.key({ application: 'less', permissions: [...everything] });
  await domain.as(less.secret)('POST', '/v1/tasks', { id: 'cut', task: toneTask });
  const lesser = await LiveClient.open(socketUrl, domain.headers(less.secret));
  const change = () => admin('PUT', '/v1/applications/less', { name: 'Less', permissions: ['read'] });
  t.equal((await cutBy(lesser, change)).code, 4401);
  t.same((await domain.as(less.secret)('GET', '/v1/session')).body.permissions, ['read']);
});

t.test('a key that is rotated has another secret; the one before is taken for the overlap', async (t) => {
  const { id, secret } = await domain.key({ application, permissions: ['read'] });
  const second = (await admin('POST', `/v1/keys/${id}/rotate`, { overlapSeconds: 60 })).body.secret;
  for (const shown of [secret, second]) t.match(await domain.as(shown)('GET', '/v1/tasks'), { status: 200 });
  const token = (await domain.token(second)).token;
  const third = (await admin('POST', `/v1/keys/${id}/rotate`, {})).body.secret;
  for (const shown of [secret, second, token]) t.match(await domain.as(shown)('GET', '/v1/tasks'), { status: 401 });
  t.match(await domain.as(third)('GET', '/v1/tasks'), { status: 200 });
});

t.test(
  'browsers: a token becomes a cookie that no script reads, and that no page of another site has sent',
  async (t) => {
    const opened = await domain.as(owner.secret)('POST', '/v1/session');
    t.equal(opened.status, 200);
    const header = opened.headers.get('set-cookie')!;
    t.match(header, /HttpOnly/);
    t.match(header, /SameSite=Strict/);
    t.notMatch(header, /Secure/, 'over http on loopback');
    const cookie = header.split(';')[0]!;
    const { host, origin } = new URL(domain.url);
    const call = (method: string, path: string, body?: unknown, more: Record<string, string> = {}) =>
      domain.call(method, path, body, { cookie, ...more });
    t.equal((await call('GET', '/v1/tasks')).status, 200);
    t.equal((await call('PATCH', '/v1/tasks/cut/transport', { play: false }, { origin })).status, 200);
    for (const from of [
      'https://evil.example',
      'null',
      'http://127.0.0.1:9',
      `http://${host}.evil.example`,
      'http://localhost:5173',
    ])
      t.match(
        await call('PATCH', '/v1/tasks/cut/transport', { play: true }, { origin: from }),
        { status: 403, body: { code: 'ORIGIN_FORBIDDEN' } },
        from,
      );
    await t.rejects(LiveClient.open(socketUrl, { cookie, origin: 'https://evil.example' }), /403/);
    const page = await LiveClient.open(socketUrl, { cookie, origin });
    t.equal((await cutBy(page, () => call('DELETE', '/v1/session', undefined, { origin }))).code, 4401);
    t.match(await call('GET', '/v1/tasks'), { status: 401 }, 'a copy of the cookie is of no use after the logout');
  },
);

t.test('a token of a socket comes as a subprotocol that is not chosen', async (t) => {
  const { token } = await domain.token(owner.secret);
  const socket = new WebSocket(socketUrl, ['audiocloud', `audiocloud.token.${token}`]);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  t.equal(socket.protocol, 'audiocloud');
  socket.terminate();
  const wrong = new WebSocket(socketUrl, ['audiocloud', 'audiocloud.token.wrong']);
  const why = await new Promise((resolve) => wrong.once('error', resolve));
  t.match(String(why), /401/);
});

t.test('an address that tries wrong keys is not listened to, who is known goes on', async (t) => {
  const from = { 'x-forwarded-for': '192.0.2.7' };
  const call = (secret: string) =>
    domain.call('GET', '/v1/tasks', undefined, { ...from, authorization: `Bearer ${secret}` });
  const { token } = await domain.token(owner.secret);
  t.equal((await call(token)).status, 200);
  const wrong = `${owner.secret.slice(0, -4)}AAAA`;
  for (let i = 0; i < MOST_WRONG_TRIES; i++) t.equal((await call(wrong)).status, 401);
  t.match(await call(wrong), { status: 429, body: { code: 'RATE_LIMITED' } });
  t.match(await call('anything'), { status: 429 });
  t.equal((await call(token)).status, 200);
  t.equal((await call(owner.secret)).status, 200);
  t.match(await domain.as(wrong)('GET', '/v1/tasks'), { status: 401 }, 'other addresses are listened to');
});

t.test('the audit log tells who did and who tried what, without secrets', async (t) => {
  const before = (await admin('GET', '/v1/audit?limit=1000')).body.newest;
  const { id, secret } = await domain.key({ application, permissions: ['read'] });
  await domain.as(secret)('PATCH', '/v1/tasks/cut/transport', { play: true });
  const from = { 'x-forwarded-for': '192.0.2.8' };
  for (let i = 0; i < 3; i++) await domain.call('GET', `/v1/tasks/secret-${i}?sig=hidden`, undefined, from);
  await admin('DELETE', `/v1/keys/${id}`);
  const page = check(AuditPage, (await admin('GET', `/v1/audit?after=${before}`)).body, 'audit', 'MESSAGE_INVALID');
  t.match(page.entries, [
    { who: 'administrator', application: 'main', what: 'POST /v1/keys', status: 201 },
    {
      who: id,
      application,
      what: 'PATCH /v1/tasks/:id/transport',
      on: { id: 'cut' },
      status: 403,
      code: 'PERMISSION_DENIED',
    },
    { who: 'nobody', from: '192.0.2.8', what: 'GET /v1/tasks/:id', status: 401, code: 'UNAUTHENTICATED' },
    { who: 'administrator', what: 'DELETE /v1/keys/:key', on: { key: id }, status: 204 },
  ]);
  t.equal(
    page.entries.filter(({ from }) => from === '192.0.2.8').reduce((sum, { times = 1 }) => sum + times, 0),
    3,
  );
  t.notMatch(JSON.stringify(page), /hidden|secret-/);
  t.same(
    page.entries.map(({ number }) => number),
    page.entries.map((_, i) => before + 1 + i),
    'numbered without gaps',
  );
  t.match(await domain.as(owner.secret)('GET', '/v1/audit'), { status: 403 });
});

t.test('what is stored is nobody else’s to read', async (t) => {
  const mode = (name: string) => statSync(join(domain.dataDir, name)).mode & 0o777;
  for (const name of ['domain.db', 'domain.db-wal', 'signing-keys.json']) t.equal(mode(name), 0o600, name);
  t.equal(mode('.'), 0o700);
});
