import t from 'tap';
import { check, Health } from '@audiocloud/api';
import { sharedTestDomain } from '../testing/test-domain.ts';

const domain = await sharedTestDomain(t);

t.test('health tells of the domain and its engines', async (t) => {
  const { status, body, headers } = await domain.call('GET', '/health');
  t.equal(status, 200);
  const health = check(Health, body, 'health', 'MESSAGE_INVALID');
  t.equal(health.status, 'ok');
  t.same(health.engines, { embedded: 'up' }, 'no more is public');
  t.ok(headers.get('x-request-id'));
});

t.test('a wrong method is an unknown route', async () => {
  await domain.refused('ROUTE_UNKNOWN', 'POST', '/health', {});
});

t.test('a domain with its engine and store is ready', async (t) => {
  const { status, body } = await domain.call('GET', '/v1/ready');
  t.same({ status, body }, { status: 200, body: { ready: true } });
  t.equal((await domain.call('GET', '/v1/health')).body.status, 'ok');
});

t.test('a refusal names its request in its body, as in its header', async (t) => {
  const { body, headers } = await domain.call('GET', '/v1/none?token=secret');
  t.match(body, { code: 'ROUTE_UNKNOWN', requestId: headers.get('x-request-id') });
  t.notMatch(JSON.stringify(body), /secret/);
});
