import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ErrorBody, Instance, KeyCreate, LiveMessage, Task } from '@audiocloud/api';
import t from 'tap';
import { WebSocket } from 'ws';
import { DEFAULT_BOOKING } from '../booking/booking-settings.ts';
import { startKnownDomain } from '../testing/known-domain.ts';
import { LiveClient } from '../testing/live-client.ts';
import { ROUTE_MATRIX, UNKNOWN_IDS } from '../testing/permission-matrix.ts';
import { folderWithRack } from '../testing/simulated-preamp.ts';

/*
 * Two applications on one engine of one thread, which gives so little that a few small tasks fill it. Nothing that the
 * second receives may have a name of the first in it: not even why there is no room.
 */
const MOST_TASKS = 100;
const UNIT = 'generic:line-preamp:one';
const CHAIN = 25;
const NAMES_OF_INDIGO = /indigo|veiled/i;
const EVERYTHING: KeyCreate['permissions'] = ['read', 'structure', 'media', 'parameters', 'transport', 'audio'];

const equalizer: Instance = { model: 'audiocloud:equalizer', widths: { in: 1 } };
/** Equalizers in a chain. All names begin with a word, by which they are found. */
function chain(word: string): Task {
  const name = (i: number) => `${word}${i}`;
  const instances: NonNullable<Task['instances']> = { [name(0)]: { model: 'audiocloud:tone', widths: { out: 1 } } };
  const connections: NonNullable<Task['connections']> = {};
  for (let i = 1; i <= CHAIN; i++) {
    instances[name(i)] = equalizer;
    connections[name(i)] = { from: { node: name(i - 1) }, to: { node: name(i) } };
  }
  connections[`${word}-out`] = { from: { node: name(CHAIN) }, to: { node: `${word}-main` } };
  return {
    name: word,
    sampleRate: 48000,
    instances,
    connections,
    sinks: { [`${word}-main`]: { kind: 'stream', channels: 1 } },
  };
}

t.test('what one application is told has no name of another', async (t) => {
  const domain = await startKnownDomain(t, {
    dataDir: folderWithRack(t, [UNIT]),
    booking: { ...DEFAULT_BOOKING, limits: { ...DEFAULT_BOOKING.limits, shortestSeconds: 0 } },
    engineEnvironment: { AUDIOCLOUD_ADMIT_LOAD: '0.05', AUDIOCLOUD_RENDER_THREADS: '1' },
  });
  const { administrator } = domain;
  const secrets: Record<string, string> = {};
  for (const id of ['indigo', 'red']) {
    await domain.as(administrator)('POST', '/v1/applications', { id, name: id });
    secrets[id] = (await domain.key({ application: id, permissions: EVERYTHING })).secret;
  }
  const live = (id: string) =>
    LiveClient.open(`${domain.url.replace('http', 'ws')}/v1/tasks/${id}/live`, domain.headers(secrets['red']));
  const told: { of: string; text: string }[] = [];
  const indigo = domain.as(secrets['indigo']!);
  const red: typeof indigo = async (method, path, body, headers) => {
    const answer = await domain.as(secrets['red']!)(method, path, body, headers);
    told.push({ of: `${method} ${path}`, text: JSON.stringify([...answer.headers, answer.body]) });
    return answer;
  };

  /** Plays one small task after the other until there is no room; that one's id and refusal, and how many play. */
  const fill = async (call: typeof indigo, word: string) => {
    for (let count = 0; count < MOST_TASKS; count++) {
      const id = `${word}-${count}`;
      const made = await call('POST', '/v1/tasks', { id, task: chain(word) });
      if (made.status !== 201) throw new Error(JSON.stringify(made.body));
      const { status, body } = await call('PATCH', `/v1/tasks/${id}/transport`, { play: true });
      if (status !== 200) return { id, count, error: body as ErrorBody };
    }
    throw new Error(`${MOST_TASKS} tasks do not fill the engine`);
  };
  await indigo('POST', '/v1/presets', {
    id: 'veiled',
    preset: { name: 'veiled', content: { model: 'audiocloud:gain' } },
  });
  const from = Date.now() + 60_000;
  const reserved = await indigo('POST', '/v1/reservations', {
    task: 'veiled-0',
    from: new Date(from).toISOString(),
    to: new Date(from + 60_000).toISOString(),
    instances: { veiled: { fixed: UNIT } },
  });
  t.equal(reserved.status, 201);
  const first = await fill(indigo, 'veiled');
  t.equal(first.error.code, 'ENGINE_FULL');
  t.match(first.error.message, /of your own tasks play there veiled-\d+ 0\.\d+/, 'who has tasks there is told of them');
  const { id, count, error } = await fill(red, 'mine');
  t.equal(error.code, 'ENGINE_FULL');
  t.match(error.details, { task: id, threads: [{ others: first.count }] }, 'those of others are counted');
  const [thread] = error.details?.['threads'] as { tasks: object }[];
  t.equal(Object.keys(thread!.tasks).length, count);

  const client = await live(id);
  await client.ack({ type: 'counters', on: true });
  t.match(await client.ask({ type: 'transport', change: { play: true } }), { error: { code: 'ENGINE_FULL' } });
  await client.next('counters');
  client.close();
  told.push({ of: 'live messages of one that may not', text: JSON.stringify(client.messages) });

  const ids: Record<string, string> = { ...UNKNOWN_IDS, id, part: 'instances', name: 'mine1', engine: 'embedded' };
  for (const name of Object.keys(ROUTE_MATRIX)) {
    const [method, url] = name.split(' ') as [string, string];
    if (method === 'GET')
      await red(
        'GET',
        url.replace(/:(\w+)/g, (_, parameter: string) => ids[parameter]!),
      );
  }
  const span = `from=${new Date(from).toISOString()}&to=${new Date(from + 60_000).toISOString()}`;
  t.match((await red('GET', `/v1/availability?unit=${UNIT}&${span}`)).body, { units: [{ unit: UNIT, slots: [] }] });
  const wanted = { to: new Date(from + 30_000).toISOString(), instances: { x: { fixed: UNIT } } };
  t.match(await red('POST', '/v1/reservations', { ...wanted, from: new Date(from).toISOString() }), {
    body: { code: 'RESERVATION_CONFLICT' },
  });
  while ((await red('GET', '/v1/engines/embedded/counters')).status !== 200) await sleep(50);
  t.ok(told.length > Object.keys(ROUTE_MATRIX).length / 2, `${told.length} answers`);
  for (const { of, text } of told) t.notMatch(text, NAMES_OF_INDIGO, of);

  await t.test('and its ids answer as unknown ones do', async (t) => {
    const comparable = (answer: object, id: string) => JSON.stringify(answer).replaceAll(id, '<id>');
    const answerTo = async (id: string, method: string, path: string, body?: unknown, more = {}) => {
      const answer = await domain.as(secrets['red']!)(method, path.replace('<id>', id), body, more);
      const headers = [...answer.headers].filter(([name]) => !/^(date|x-request-id|x-ratelimit-)/.test(name));
      const { requestId: _, ...rest } = answer.body as ErrorBody;
      return comparable({ status: answer.status, headers, body: rest }, id);
    };
    const reservation = reserved.body.id as string;
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['PATCH', '', { to: wanted.to }],
      ['DELETE', '', undefined],
      ['POST', '/accept', {}],
    ] as const)
      for (const [query, more] of [
        ['', {}],
        ['?dryRun=true', {}],
        ['', { 'if-match': '"1"' }],
      ] as const) {
        if (method === 'GET' && query !== '') continue;
        const all = [method, `/v1/reservations/<id>${path}${query}`, body, more] as const;
        const answer = await answerTo(reservation, ...all);
        t.equal(answer, await answerTo('reservation-000000000000', ...all), `${method} ${path}${query}`);
        t.match(answer, /"status":404/);
      }

    const upgrade = async (task: string) => {
      const socket = new WebSocket(`${domain.url.replace('http', 'ws')}/v1/tasks/${task}/live`, {
        headers: domain.headers(secrets['red']),
      });
      const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
      const { requestId: _, ...body } = JSON.parse(await text(response)) as ErrorBody;
      const headers = Object.entries(response.headers).filter(
        ([name]) => !/^(date|x-request-id|x-ratelimit-)/.test(name),
      );
      return comparable({ status: response.statusCode, headers, body }, task);
    };
    t.equal(await upgrade('veiled-0'), await upgrade('nobody-0'), 'a socket of a task');
    const socket = await live(id);
    const recall = async (preset: string) => {
      const { id: _, ...answer } = (await socket.ask({ type: 'recall', preset })) as LiveMessage & { id: number };
      return comparable(answer, preset);
    };
    const answer = await recall('veiled');
    t.match(answer, /PRESET_UNKNOWN/);
    t.equal(answer, await recall('nobody'), 'a live message');
    socket.close();
    for (const [path, ask] of [
      [`/v1/tasks/${id}/recall`, (preset: string) => ({ preset })],
      ['/v1/presets', (task: string) => ({ name: 'Taken', capture: { task } })],
    ] as const) {
      const foreign = path === '/v1/presets' ? 'veiled-0' : 'veiled';
      const unknown = foreign.replace('veiled', 'nobody');
      t.equal(await answerTo(foreign, 'POST', path, ask(foreign)), await answerTo(unknown, 'POST', path, ask(unknown)));
    }
  });
});
