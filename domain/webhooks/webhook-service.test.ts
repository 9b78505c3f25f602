import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WebhookBody } from '@audiocloud/api';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { systemClock } from '../clock/clock.ts';
import { VirtualClock } from '../clock/virtual-clock.ts';
import { EventJournal, type NewDomainEvent } from '../events/event-journal.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { systemRandomBytes } from '../random/random-bytes.ts';
import { postWebhook } from './post-webhook.ts';
import { WebhookService } from './webhook-service.ts';

interface Received {
  headers: IncomingHttpHeaders;
  text: string;
  body: WebhookBody;
}

/** A receiver on loopback that answers with what `status` gives. */
async function receiver(t: Test, status: (count: number) => number = () => 204) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString();
    received.push({ headers: request.headers, text, body: JSON.parse(text) });
    response.writeHead(status(received.length), { location: 'http://127.0.0.1:9/' });
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const until = async (count: number) => {
    while (received.length < count) await sleep(5);
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`, received, until };
}

async function domain(t: Test, { allowsPrivate = true, clock = systemClock } = {}) {
  const store = openSqliteStore(':memory:');
  const journal = await EventJournal.open({ store, clock });
  const context = {
    journal,
    logger: pino({ level: 'silent' }) as never,
    allowsPrivate,
    clock,
    randomBytes: systemRandomBytes,
    post: postWebhook,
  };
  const services: WebhookService[] = [];
  const open = async () => {
    const service = await WebhookService.open(store, context);
    services.push(service);
    return service;
  };
  t.teardown(async () => {
    for (const service of services) await service.close();
    await store.close();
  });
  return { journal, open, webhooks: await open() };
}
const created = (task: string): NewDomainEvent => ({
  type: 'task.created',
  application: 'main',
  task,
  data: { revision: 1 },
});
const numbers = (received: Received[]) => received.map(({ body }) => body.number);

t.test('events come signed, in order, with their context; the first is the creation of the webhook', async (t) => {
  const { journal, webhooks } = await domain(t);
  const { url, received, until } = await receiver(t);
  await journal.tell(created('before'));
  const { id, secret } = await webhooks.create('main', { url, context: { room: 7 } });
  await journal.tell(created('a'), created('b'));
  await until(3);
  t.same(numbers(received), [2, 3, 4]);
  t.match(received[0]!.body, { type: 'webhook.created', data: { webhook: id }, context: { room: 7 } });
  for (const { headers, text, body } of received) {
    t.equal(headers['webhook-id'], `${id}.${body.number}`);
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`;
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
    t.equal(headers['webhook-signature'], `v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
    t.ok(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1000) < 60);
  }
  while (webhooks.get('main', id).delivered !== 4) await sleep(5);
  t.match(webhooks.list('main'), [{ id, url, state: 'active', delivered: 4 }]);
  t.notOk(JSON.stringify(webhooks.list('main')).includes(secret), 'the secret is told once');
});

t.test('only what is wanted comes, from a number on', async (t) => {
  const { journal, webhooks } = await domain(t);
  const { url, received, until } = await receiver(t);
  await journal.tell(created('a'), created('b'), created('a'));
  await webhooks.create('main', { url, types: ['task.created'], tasks: ['a'], after: 1 });
  await journal.tell(created('b'), created('a'));
  await until(2);
  t.same(numbers(received), [3, 6]);
});

t.test('what was refused comes again with the same id, and nothing before it', async (t) => {
  const { journal, webhooks } = await domain(t);
  const { url, received, until } = await receiver(t, (count) => (count === 1 ? 500 : count === 2 ? 302 : 200));
  const { id } = await webhooks.create('main', { url, types: ['task.created'] });
  await journal.tell(created('a'), created('b'));
  await until(1);
  while (webhooks.get('main', id).state !== 'failing') await sleep(5);
  t.match(webhooks.get('main', id).error, /status 500/);
  await until(4);
  t.same(
    received.map(({ headers }) => headers['webhook-id']),
    [2, 2, 2, 3].map((number) => `${id}.${number}`),
    'a redirect is not followed',
  );
  while (webhooks.get('main', id).state !== 'active') await sleep(5);
});

t.test('a webhook goes on where it was after the domain came back', async (t) => {
  const { journal, webhooks, open } = await domain(t);
  const { url, received, until } = await receiver(t);
  const { id } = await webhooks.create('main', { url });
  await until(1);
  while (webhooks.get('main', id).delivered !== 1) await sleep(5);
  await webhooks.close();
  await journal.tell(created('a'), created('b'));
  const again = await open();
  await until(3);
  t.same(numbers(received), [1, 2, 3]);
  await again.remove('main', id);
  t.throws(() => again.get('main', id), { code: 'WEBHOOK_UNKNOWN' });
  t.same((await open()).list('main'), []);
});

t.test('a clock that was set back while the domain was away puts no try off', async (t) => {
  const clock = new VirtualClock(Date.UTC(2030, 0, 1));
  const { webhooks, open } = await domain(t, { clock });
  const { url, received, until } = await receiver(t, (count) => (count === 1 ? 500 : 200));
  const { id } = await webhooks.create('main', { url });
  while (webhooks.get('main', id).state !== 'failing') await sleep(5);
  await webhooks.close();
  clock.jump(-3_600_000);
  await open();
  await until(2);
  t.same(numbers(received), [1, 1]);
});

t.test('a receiver that is gone is given up, and that is an event', async (t) => {
  const { journal, webhooks } = await domain(t);
  const { url } = await receiver(t, () => 410);
  const { id } = await webhooks.create('main', { url });
  while (journal.newest < 2) await sleep(5);
  t.match((await journal.read(1, 10)).events, [{ type: 'webhook.disabled', data: { webhook: id } }]);
  t.match(webhooks.get('main', id), { state: 'disabled', delivered: 0, error: /410/ });
});

t.test('private addresses are refused, given as numbers, as names, and behind a name', async (t) => {
  const { webhooks } = await domain(t, { allowsPrivate: false });
  const { url, received } = await receiver(t);
  for (const bad of [
    url,
    'http://127.1/',
    'http://0x7f000001/',
    'http://2130706433/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://169.254.169.254/latest/meta-data',
    'ftp://example.com/',
    'file:///etc/passwd',
    'https://name:word@example.com/',
    'nothing',
  ])
    await t.rejects(webhooks.create('main', { url: bad }), { code: 'WEBHOOK_URL' }, bad);
  const { id } = await webhooks.create('main', { url: url.replace('127.0.0.1', 'localhost') });
  while (webhooks.get('main', id).state !== 'failing') await sleep(5);
  t.match(webhooks.get('main', id).error, /private address/);
  t.same(received, []);
  await t.rejects(webhooks.create('main', { url: 'https://example.com/', context: 'x'.repeat(20_000) }), {
    code: 'TOO_LARGE',
  });
});
