import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LiveRequest } from '@audiocloud/api';
import { pino } from 'pino';
import t from 'tap';
import { systemClock } from '../clock/clock.ts';
import { asyncapiRoute } from '../documents/asyncapi.ts';
import { openapiRoute } from '../documents/openapi.ts';
import { pageRoute } from '../http/page.ts';
import { createServer } from '../http/server.ts';
import { ROUTES } from '../routes/index.ts';
import { sharedKnownDomain } from '../testing/known-domain.ts';
import { LiveClient } from '../testing/live-client.ts';
import { MESSAGE_MATRIX, ROUTE_MATRIX, UNKNOWN_IDS } from '../testing/permission-matrix.ts';
import { toneTask } from '../testing/test-domain.ts';
import { writeSine } from '../testing/write-sine.ts';
import { trustAnybody } from './authenticator.ts';
import { type Permission, PERMISSIONS, type RoutePermission } from './permission.ts';

const domain = await sharedKnownDomain(t);
const { administrator } = domain;
const everything = PERMISSIONS.filter((one) => one !== 'administration');
await domain.as(administrator)('POST', '/v1/applications', { id: 'matrix', name: 'Matrix' });
await domain.as(administrator)('POST', '/v1/applications', { id: 'other', name: 'Other' });
const application = 'matrix';

/** Somebody that asks, and what it may: undefined for somebody that nobody knows. */
interface Role {
  show(): Promise<string | undefined>;
  permissions?: readonly Permission[];
  /** It sees these tasks alone. */
  tasks?: readonly string[];
}
const keyOf = async (permissions: readonly Permission[], more: object = {}) => {
  const { secret } = await domain.key({ application, permissions: [...permissions], ...more });
  return async () => secret;
};
const expired = await domain.key({ application, permissions: [...everything], lifetimeSeconds: 1 });
const revoked = await domain.key({ application, permissions: [...everything] });
const ofRevoked = await domain.token(revoked.secret);
await domain.as(administrator)('DELETE', `/v1/keys/${revoked.id}`);
const shortLived = await domain.token(administrator, { lifetimeSeconds: 1 });
await domain.as(administrator)('PUT', '/v1/applications/matrix', { name: 'Matrix', permissions: [...PERMISSIONS] });
const single = await Promise.all(
  PERMISSIONS.map(
    async (permission): Promise<[string, Role]> => [
      `only ${permission}`,
      { show: await keyOf([permission]), permissions: [permission] },
    ],
  ),
);
const ROLES: Record<string, Role> = {
  nobody: { show: async () => undefined },
  'wrong key': { show: async () => `ac_${'0'.repeat(12)}_${'x'.repeat(43)}` },
  'no key at all': { show: async () => 'x' },
  'expired key': { show: async () => expired.secret },
  'expired token': { show: async () => shortLived.token },
  'revoked key': { show: async () => revoked.secret },
  'token of a revoked key': { show: async () => ofRevoked.token },
  ...Object.fromEntries(single),
  application: { show: await keyOf(everything), permissions: everything },
  'one of its tasks': { show: await keyOf(everything, { tasks: ['mine'] }), permissions: everything, tasks: ['mine'] },
  'other application': { show: await keyOf(everything, { application: 'other' }), permissions: everything },
  administrator: { show: async () => (await domain.token(administrator)).token, permissions: PERMISSIONS },
};

/** What somebody gets: `in` is any answer of the route itself. */
function expected({ permissions, tasks }: Role, wants: RoutePermission, task?: string): 'in' | 401 | 403 {
  if (wants === 'public') return 'in';
  if (!permissions) return 401;
  if (wants === 'known') return 'in';
  if (!permissions.includes(wants)) return 403;
  if (!tasks) return 'in';
  return (task === undefined ? wants === 'read' : tasks.includes(task)) ? 'in' : 403;
}

const routes = Object.entries(ROUTE_MATRIX).map(([name, row]) => {
  const [method = '', url = ''] = name.split(' ');
  return { name, method, url, ...row };
});
const pathWith = (url: string, ids: Record<string, string>) => url.replace(/:(\w+)/g, (_, name) => ids[name]!);

t.test('every route is in the matrix, with the permission that it names', async (t) => {
  const found: Record<string, string> = {};
  const server = await createServer({
    logger: pino({ level: 'silent' }) as never,
    authenticator: trustAnybody,
    clock: systemClock,
    audit: { add: () => {} } as never,
    requestsPerMinute: 1,
    requestsPerMinuteOf: () => 1,
    origins: ['https://studio.example'],
    proxies: [],
    isLocal: true,
    counters: {} as never,
    tracer: {} as never,
    draining: {} as never,
  });
  server.addHook('onRoute', ({ method, url, config }) => {
    for (const one of [method].flat()) found[`${one} ${url}`] = String(config?.permission);
  });
  await openapiRoute(server);
  asyncapiRoute(server);
  for (const route of ROUTES) route(server, {} as never);
  await pageRoute(server, undefined);
  await server.ready();
  await server.close();
  const wanted = Object.fromEntries(routes.map(({ name, wants }) => [name, wants]));
  // The route asks for itself: ending ones own token wants nothing more.
  wanted['DELETE /v1/tokens/:token'] = 'known';
  delete wanted['OPTIONS *']; // registered with its plugin, before the hook of this test
  const heads = Object.keys(found).filter((name) => name.startsWith('HEAD ') && !(name in wanted));
  for (const name of heads) t.equal(found[name], found[name.replace('HEAD', 'GET')], name);
  t.same(
    Object.fromEntries(Object.entries(found).filter(([name]) => !heads.includes(name))),
    wanted,
    'one line for each route in domain/testing/permission-matrix.ts',
  );
});

t.test('every live message is in the matrix', async (t) => {
  const types = LiveRequest.anyOf.map((schema) => schema.properties.type.const as string);
  t.same([...new Set(Object.values(MESSAGE_MATRIX).map(({ ask }) => ask.type))].sort(), types.sort());
});

t.test('what ends after a second has ended', async () => {
  const isOver = async (secret: string) => (await domain.as(secret)('GET', '/v1/session')).status === 401;
  while (!(await isOver(expired.secret)) || !(await isOver(shortLived.token))) await sleep(50);
});

for (const [role, one] of Object.entries(ROLES))
  t.test(`${role}: every route`, async (t) => {
    for (const { name, method, url, wants, body } of routes) {
      if (method === 'OPTIONS') continue;
      for (const id of url.includes(':id') ? ['none', ...(one.tasks ?? [])] : [undefined]) {
        // Of its own task: reading alone, so that it stays.
        if (id !== undefined && id !== 'none' && method !== 'GET') continue;
        const path = pathWith(url, { ...UNKNOWN_IDS, ...(id === undefined ? {} : { id }) });
        const { status, headers } = await domain.as(await one.show())(method, path, body);
        const outcome = status === 401 || status === 403 ? status : 'in';
        t.equal(outcome, expected(one, wants, id), `${name} ${id ?? ''}: ${status}`);
        if (status === 401) t.match(headers.get('www-authenticate'), /^Bearer /);
        if (status >= 500 && status !== 503) t.fail(`${name}: ${status}`);
      }
    }
  });

t.test('every live message of every single permission', async (t) => {
  await domain.as(await ROLES['application']!.show())('POST', '/v1/tasks', { id: 'mine', task: toneTask });
  const socketUrl = `${domain.url.replace('http', 'ws')}/v1/tasks/mine/live`;
  for (const permission of PERMISSIONS) {
    const { secret } = await domain.key({ application, permissions: ['read', permission] });
    const client = await LiveClient.open(socketUrl, domain.headers(secret));
    for (const [name, { wants, ask }] of Object.entries(MESSAGE_MATRIX)) {
      const answer = await client.ask(ask);
      const isIn = wants.every((one) => one === 'read' || one === permission);
      const isRefused = answer.type === 'error' && answer.error.code === 'PERMISSION_DENIED';
      t.equal(isRefused, !isIn, `${permission}: ${name}`);
    }
    client.close();
  }
  for (const role of ['nobody', 'wrong key', 'expired key', 'expired token', 'revoked key', 'other application'])
    await t.rejects(LiveClient.open(socketUrl, domain.headers(await ROLES[role]!.show())), /40[134]/, role);
});

t.test('files are for who has the permission media', async (t) => {
  const task = { ...toneTask, media: { song: { path: 'none.wav' } } };
  const edits = [{ op: 'put', part: 'media', name: 'song', value: { path: 'none.wav' } }];
  for (const [permissions, status] of [
    [['read', 'structure'], 403],
    [['read', 'structure', 'media'], 404],
  ] as const) {
    const call = domain.as(await (await keyOf(permissions))());
    t.equal((await call('POST', '/v1/tasks', { task })).status, status);
    t.equal((await call('PUT', '/v1/tasks/mine', task)).status, status);
    t.equal((await call('POST', '/v1/tasks/mine/edits', { edits })).status, status);
    t.equal((await call('PUT', '/v1/tasks/mine/graph/media/song', { path: 'none.wav' })).status, status);
  }
});

t.test('the id of something of another application answers exactly as an unknown one', async (t) => {
  const mine = domain.as((await domain.token(administrator, { application })).token);
  const other = domain.as((await domain.token(administrator, { application: 'other' })).token);
  await mine('POST', '/v1/presets', { id: 'mine', preset: ROUTE_MATRIX['PUT /v1/presets/:preset']!.body });
  const { id: webhook } = (await mine('POST', '/v1/webhooks', { url: 'https://receiver.invalid/' })).body;
  t.match(webhook, /^webhook-/);
  await writeSine(join(domain.mediaDir, 'mine.wav'), 0.1);
  const { id: job, media } = (await mine('POST', '/v1/media', { from: { path: 'mine.wav' } })).body;
  while ((await mine('GET', `/v1/media-jobs/${job}`)).body.state !== 'done') await sleep(10);
  const theirs: Record<string, string> = { ...UNKNOWN_IDS, id: 'mine', preset: 'mine', webhook, media, job };
  // As long, so that not even the length tells.
  const unknown: Record<string, string> = {
    ...UNKNOWN_IDS,
    id: 'mime',
    preset: 'mime',
    webhook: 'webhook-000000000000',
    media: 'media-000000000000',
    job: 'media-job-000000000000',
  };
  const answerTo = async (
    method: string,
    url: string,
    ids: Record<string, string>,
    body: unknown,
    more?: Record<string, string>,
  ) => {
    const answer = await other(method, pathWith(url, ids), body, more);
    const { requestId: _, ...rest } = answer.body ?? {};
    const headers = [...answer.headers].filter(([name]) => !/^(date|x-request-id|x-ratelimit-)/.test(name));
    let text = JSON.stringify({ status: answer.status, headers, body: rest });
    for (const [name, id] of Object.entries(ids)) text = text.replaceAll(`${id}`, `<${name}>`);
    return text.replaceAll(/<(id|preset)>/g, '<name>');
  };
  for (const { name, method, url, body } of routes) {
    if (!/:(id|preset|webhook|media|job)\b/.test(url)) continue;
    const [one, two] = [await answerTo(method, url, theirs, body), await answerTo(method, url, unknown, body)];
    t.equal(one, two, name);
    t.match(one, method === 'GET' && url.endsWith('/events') ? /"status":200/ : /"status":4/, name);
    for (const [query, more] of [
      ['', { 'if-match': '"1"' }],
      ['?dryRun=true', {}],
    ] as const) {
      const both = [theirs, unknown].map((ids) => answerTo(method, url + query, ids, body, more));
      t.equal(await both[0], await both[1], `${name}${query} ${JSON.stringify(more)}`);
    }
  }
  t.equal((await mine('GET', '/v1/tasks/mine')).status, 200, 'it is there, for whom it belongs');
  t.equal((await mine('GET', '/v1/presets/mine')).status, 200);
  t.equal((await mine('GET', `/v1/webhooks/${webhook}`)).status, 200);
  t.equal((await mine('GET', `/v1/media/${media}`)).status, 200);
  t.same((await other('GET', '/v1/tasks')).body, { tasks: [] });
  t.same((await other('GET', '/v1/media')).body, { media: [] });
  t.same((await other('GET', '/v1/media-jobs')).body, { jobs: [] });
  const naming = async (one: string) => {
    const task = { ...toneTask, media: { song: { path: `media:${one}` } } };
    const { status, body } = await other('POST', '/v1/tasks', { id: 'naming', task });
    return `${status} ${body.code} ${body.message}`.replace(one, '?');
  };
  t.equal(await naming(media), await naming('media-000000000000'), 'a task cannot name them either');
  t.match(await naming(media), /^404 MEDIA_UNKNOWN/);
  t.same((await other('GET', '/v1/presets')).body, { presets: [] });
  const capture = { name: 'Taken', capture: { task: 'mine' } };
  t.match(await other('POST', '/v1/presets', capture), { status: 404, body: { code: 'TASK_UNKNOWN' } });
});
