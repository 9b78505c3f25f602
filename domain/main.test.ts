import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { type Permission, PERMISSIONS } from './permissions/permission.ts';
import { sharedTestDomain, startTestDomain, toneTask } from './testing/test-domain.ts';

function folder(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'domain-'));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

t.test('the example is created with its media and played, once', async (t) => {
  const dataDir = folder(t);
  const examples = fileURLToPath(new URL('../examples', import.meta.url));
  const options = {
    dataDir,
    example: join(examples, 'tasks', 'example.json'),
    mediaDirs: [join(dataDir, 'none'), join(examples, 'media')],
  };
  const playing = { id: 'example', playing: true, state: 'playing', revision: 1 };
  const first = await startTestDomain(t, options);
  t.match((await first.call('GET', '/v1/tasks')).body.tasks, [playing]);
  t.match((await first.call('GET', '/v1/tasks/example')).body.task.media, { drums: { path: 'drums.flac' } });
  await first.create('stands');
  await first.close();
  const second = await startTestDomain(t, options);
  const live = await second.live('example');
  await live.next('meters');
  t.match((await second.call('GET', '/v1/tasks')).body.tasks, [playing, { id: 'stands', state: 'stored' }]);
  for (const path of ['', '/transport', '/parameters', '/graph/instances/gain'])
    t.equal((await second.call('GET', `/v1/tasks/stands${path}`)).status, 200, path);
  const bus = { op: 'put', part: 'buses', name: 'mix', value: { inputChannels: 2 } };
  const { body } = await second.call('POST', '/v1/tasks/stands/edits?dryRun=true', { edits: [bus] });
  t.match(body, { revision: 2, state: { state: 'ready' } });
  const stored = (await second.call('GET', '/v1/tasks?state=stored')).body.tasks;
  t.match(stored, [{ id: 'stands', revision: 1 }], 'what is only read or tried is not made active');
});

t.test('a data folder that lies too deep for sockets is refused, and nothing is written there', async (t) => {
  const dataDir = join(folder(t), 'deep'.repeat(30));
  await t.rejects(startTestDomain(t, { dataDir }), {
    code: 'CONFIG_INVALID',
    message: `Cannot use the socket ${join(dataDir, 'engine-control.sock')}: its path has ${Buffer.byteLength(dataDir) + 20} bytes, at most 107 are possible; use a data folder with a shorter path`,
  });
  t.notOk(existsSync(dataDir));
});

t.test('answers carry headers that bind a page to this domain, and nothing of what is inside', async (t) => {
  const domain = await sharedTestDomain(t);
  const { status, headers, body } = await domain.call('GET', '/');
  t.equal(status, 200);
  t.match(body, /npm run build/);
  t.match(headers.get('content-security-policy'), /default-src 'self'/);
  t.equal(headers.get('cross-origin-opener-policy'), 'same-origin');
  t.equal(headers.get('cross-origin-embedder-policy'), 'require-corp');
  t.equal(headers.get('x-content-type-options'), 'nosniff');
  t.equal(headers.get('x-powered-by'), null);
});

t.test('the built page is served with its files, and nothing beside them', async (t) => {
  const root = folder(t);
  const webDir = join(t.testdir({ web: { 'index.html': '<title>built</title>', 'a.js': '1' }, secret: 'key' }), 'web');
  const domain = await startTestDomain(t, {
    dataDir: root,
    webDir,
    requestsPerMinute: 15,
    proxies: ['127.0.0.1'],
  });
  t.match((await domain.call('GET', '/')).body, /built/);
  t.match((await domain.call('GET', '/a.js')).headers.get('content-type'), /javascript/);
  for (const path of ['/../secret', '/%2e%2e/secret', '/..%2fsecret', '/none.js'])
    t.equal(
      (await domain.call('GET', path)).status < 500 && (await domain.call('GET', path)).status >= 400,
      true,
      path,
    );
  await domain.refused('ROUTE_UNKNOWN', 'GET', '/none.js');

  await t.test('too many requests of one address are refused, health excepted', async (t) => {
    const from = { 'x-forwarded-for': '10.0.0.1' };
    for (let i = 0; i < 15; i++) t.equal((await domain.call('GET', '/v1/tasks', undefined, from)).status, 200);
    await domain.refused('RATE_LIMITED', 'GET', '/v1/tasks', undefined, from);
    t.equal((await domain.call('GET', '/health', undefined, from)).status, 200);
  });
});

t.test('what the gate does not let through is refused, over HTTP and live', async (t) => {
  const principal = (...permissions: Permission[]) => ({
    id: 'test',
    application: 'main',
    permissions: new Set(permissions),
  });
  const domain = await startTestDomain(t, {
    authenticator: {
      principalOf: async ({ headers }) =>
        headers['x-test-role'] === 'owner' ? principal(...PERMISSIONS) : principal('read'),
    },
  });
  const owner = { 'x-test-role': 'owner' };
  t.equal((await domain.call('POST', '/v1/tasks', { id: 'a', task: toneTask }, owner)).status, 201);
  t.equal((await domain.refused('PERMISSION_DENIED', 'DELETE', '/v1/tasks/a')).details?.['permission'], 'structure');
  await domain.refused('PERMISSION_DENIED', 'PATCH', '/v1/tasks/a/transport', { play: true });
  t.equal((await domain.call('GET', '/v1/tasks/a')).status, 200);
  const live = await domain.live('a');
  const change = { instance: 'gain', parameter: 'gain', value: -6 };
  const key = { instance: 'gain', bytes: [0x90, 60, 100] };
  t.equal(
    (await domain.refused('PERMISSION_DENIED', 'POST', '/v1/tasks/a/midi', { messages: [key] })).details?.[
      'permission'
    ],
    'parameters',
  );
  for (const request of [
    { type: 'set' as const, changes: [change] },
    { type: 'midi' as const, messages: [key] },
    { type: 'transport' as const, change: { play: true } },
    { type: 'edit' as const, edits: [{ op: 'loop' as const, loop: null }] },
    { type: 'listen' as const, format: 's16' as const },
  ])
    t.match(await live.ask(request), { type: 'error', error: { code: 'PERMISSION_DENIED' } }, request.type);
  await live.ack({ type: 'ping' });
});
