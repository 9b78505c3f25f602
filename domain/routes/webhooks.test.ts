import { check, Webhook, WebhookCreated, WebhookList } from '@audiocloud/api';
import t from 'tap';
import { sharedTestDomain } from '../testing/test-domain.ts';

const domain = await sharedTestDomain(t);

t.test('a webhook is created, read, listed and deleted; its secret is told once', async (t) => {
  // Nothing answers there, and no name leads there.
  const wanted = { url: 'https://nobody.invalid/in', types: ['task.deleted'], context: { any: ['JSON', 1, null] } };
  const { status, headers, body } = await domain.call('POST', '/v1/webhooks', wanted);
  t.equal(status, 201);
  const { secret, id } = check(WebhookCreated, body, 'the answer', 'MESSAGE_INVALID');
  t.match(secret, /^whsec_/);
  t.equal(headers.get('location'), `/v1/webhooks/${id}`);
  const read = (await domain.call('GET', `/v1/webhooks/${id}`)).body;
  check(Webhook, read, 'the answer', 'MESSAGE_INVALID');
  t.same(read, { id, ...wanted, state: 'active', delivered: 0 });
  const list = (await domain.call('GET', '/v1/webhooks')).body;
  check(WebhookList, list, 'the answer', 'MESSAGE_INVALID');
  t.ok(list.webhooks.some((one: Webhook) => one.id === id));
  t.equal((await domain.call('DELETE', `/v1/webhooks/${id}`)).status, 204);
  await domain.refused('WEBHOOK_UNKNOWN', 'GET', `/v1/webhooks/${id}`);
  await domain.refused('WEBHOOK_UNKNOWN', 'DELETE', `/v1/webhooks/${id}`);
  const { events } = (await domain.call('GET', '/v1/events?type=webhook.created,webhook.deleted')).body;
  t.match(events.slice(-2), [
    { type: 'webhook.created', data: { webhook: id } },
    { type: 'webhook.deleted', data: { webhook: id } },
  ]);
});

t.test('what cannot be a webhook is refused', async () => {
  await domain.refused('WEBHOOK_URL', 'POST', '/v1/webhooks', { url: 'http://127.0.0.1/' });
  await domain.refused('REQUEST_INVALID', 'POST', '/v1/webhooks', { url: 'https://example.com/', types: ['x'] });
  await domain.refused('ID_INVALID', 'GET', '/v1/webhooks/none');
});
