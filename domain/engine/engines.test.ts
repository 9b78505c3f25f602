import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { check, EngineList, EngineStatus, type Task } from '@audiocloud/api';
import t from 'tap';
import type { LiveClient } from '../testing/live-client.ts';
import { startTestDomain, toneTask } from '../testing/test-domain.ts';

/*
 * Two real engines on the paced clock: tasks are placed, moved, and go on when one of them is killed.
 */
const paced = { device: 'paced', renderThreads: 1 };
const pluginDirs = [fileURLToPath(new URL('../../plugins', import.meta.url)), needyPackage()];
const engineEnvironment = { AUDIOCLOUD_RENDER_THREADS: '1' };
const domain = await startTestDomain(t, { engineLossSeconds: 1, engineEnvironment, pluginDirs });

/** The stock package once more, as models of another maker, whose gain needs a gpu. */
function needyPackage(): string {
  const stock = fileURLToPath(new URL('../../plugins/', import.meta.url));
  const manifest = JSON.parse(readFileSync(join(stock, 'audiocloud.json'), 'utf8'));
  const models = manifest.models.map((model: { id: string }) => {
    const id = model.id.replace('audiocloud:', 'test:');
    return { ...model, id, ...(id === 'test:gain' ? { resources: { gpu: 1 } } : {}) };
  });
  const folder = t.testdir({ 'audiocloud.json': JSON.stringify({ ...manifest, module: 'plugin.wasm', models }) });
  copyFileSync(join(stock, manifest.module), join(folder, 'plugin.wasm'));
  return folder;
}

async function engine(id: string): Promise<EngineStatus> {
  const { body } = await domain.call('GET', `/v1/engines/${id}`);
  return check(EngineStatus, body, 'the engine', 'MESSAGE_INVALID');
}

async function until<R>(what: string, find: () => Promise<R | undefined | false>): Promise<R> {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(20)) {
    const found = await find();
    if (found !== undefined && found !== false) return found;
  }
  throw new Error(`waited in vain for ${what}`);
}

const engineOf = async (task: string): Promise<string> => (await domain.call('GET', `/v1/tasks/${task}`)).body.engine;
const play = (task: string, positionSeconds = 0) =>
  domain.call('PATCH', `/v1/tasks/${task}/transport`, { play: true, positionSeconds });
const movesOf = async (task: string) =>
  (await domain.call('GET', `/v1/tasks/${task}/events`)).body.events
    .filter(({ type }: { type: string }) => type === 'task.moved')
    .map(({ data }: { data: object }) => data);
/** What is heard of the tone at -18 dB, once the gain has come to rest. */
const heardAt = (live: LiveClient, gainDb: number, from = 0) =>
  live.next(
    'meters',
    ({ meters }) => Math.abs(20 * Math.log10(meters.meters['out']?.peak[0] ?? 0) - (gainDb - 18)) < 0.1,
    from,
  );

t.test('an engine is added without a restart; new tasks go where less is', async (t) => {
  await domain.create('first');
  t.equal(await engineOf('first'), 'embedded');
  const { status, body, headers } = await domain.call('POST', '/v1/engines', { id: 'second', ...paced });
  t.equal(status, 201);
  t.equal(headers.get('location'), '/v1/engines/second');
  t.match(check(EngineStatus, body, 'the engine', 'MESSAGE_INVALID'), { source: 'request', desired: 'wanted' });
  await domain.refused('ENGINE_EXISTS', 'POST', '/v1/engines', { id: 'second', ...paced });
  await domain.refused('REQUEST_INVALID', 'POST', '/v1/engines', {
    id: 'third',
    environment: { NODE_OPTIONS: '-r x' },
  });
  await domain.refused('REQUEST_INVALID', 'POST', '/v1/engines', { id: 'third', folder: 'not/absolute' });
  const up = await until('the second engine', async () => {
    const status = await engine('second');
    return status.state === 'up' && status;
  });
  t.same(up.waitingFor, []);
  t.not(up.pid, (await engine('embedded')).pid);
  t.ok(Date.parse(up.leaseUntil!) > Date.now());
  await domain.create('other');
  t.equal(await engineOf('other'), 'second');
  const { engines } = check(EngineList, (await domain.call('GET', '/v1/engines')).body, 'engines', 'MESSAGE_INVALID');
  t.same(
    engines.map(({ id, tasks }) => [id, tasks]),
    [
      ['embedded', 1],
      ['second', 1],
    ],
  );
  const { models, engines: offers } = (await domain.call('GET', '/v1/models')).body;
  const gain = models.filter(({ id }: { id: string }) => id === 'audiocloud:gain');
  t.equal(gain.length, 1, 'a model that both offer stands once');
  t.same(offers[`audiocloud:gain@${gain[0].version}`], ['embedded', 'second']);
  t.same((await domain.call('GET', '/health')).body.engines, { embedded: 'up', second: 'up' });
  await domain.refused('ENGINE_UNKNOWN', 'GET', '/v1/engines/third');
});

t.test('a task that plays moves by hand: playhead, values, loop and stream go on', async (t) => {
  await play('first', 100);
  await domain.call('PATCH', '/v1/tasks/first/transport', { loop: { startSeconds: 0, endSeconds: 600 } });
  const live = await domain.live('first');
  await live.ack({ type: 'listen', format: 's16' });
  await live.ack({ type: 'set', changes: [{ instance: 'gain', parameter: 'gain', value: -20 }] });
  await heardAt(live, -20);
  await live.until(() => live.packets.length > 5, 'the stream');
  const before = live.messages.filter((one) => one.type === 'meters').at(-1)!;
  const moved = await domain.call('POST', '/v1/tasks/first/move', { engine: 'second' });
  t.equal(moved.status, 200);
  t.match(moved.body, { engine: 'second', revision: 1, state: { state: 'playing', task: 'first' } });
  const [at, packets] = [live.messages.length, live.packets.length];
  const after = await heardAt(live, -20, at);
  t.ok(after.transport.positionFrames >= before.transport.positionFrames);
  t.ok(after.transport.positionFrames < before.transport.positionFrames + 30 * 48000, 'not from elsewhere');
  t.same(after.transport.loop, { startSeconds: 0, endSeconds: 600 });
  await live.until(() => live.packets.length > packets + 5, 'the stream');
  t.same(await movesOf('first'), [{ from: 'embedded', to: 'second', why: 'asked' }]);
  t.same([(await engine('embedded')).tasks, (await engine('second')).tasks], [0, 2]);
  await domain.refused('REQUEST_INVALID', 'POST', '/v1/tasks/first/move', { engine: 'second' });
  await live.ack({ type: 'set', changes: [{ instance: 'gain', parameter: 'gain', value: -6 }] });
  await heardAt(live, -6, live.messages.length);
  live.close();
});

t.test('values that are set while a task moves are not lost', async (t) => {
  const live = await domain.live('first');
  const moves = ['embedded', 'second', 'embedded', 'second'];
  let value = 0;
  let values = 0;
  let isMoving = true;
  const knob = (async () => {
    while (isMoving) {
      value = -(++values % 40);
      await live.ack({ type: 'set', changes: [{ instance: 'gain', parameter: 'gain', value }] });
    }
  })();
  for (const engine of moves)
    t.equal((await domain.call('POST', '/v1/tasks/first/move', { engine })).status, 200, `to ${engine}`);
  isMoving = false;
  await knob;
  t.ok(values >= moves.length, `${values} values`);
  await heardAt(live, value, live.messages.length);
  const { body } = await domain.call('GET', '/v1/tasks/first');
  t.equal(body.task.instances.gain.parameters.gain, value);
  live.close();
});

t.test('a drained engine gives its tasks away and takes none', async (t) => {
  await play('other', 50);
  const drained = await domain.call('PATCH', '/v1/engines/second', { desired: 'draining' });
  t.equal(drained.status, 200);
  await until('an empty engine', async () => (await engine('second')).tasks === 0);
  t.same([await engineOf('first'), await engineOf('other')], ['embedded', 'embedded']);
  const { transport } = (await domain.call('GET', '/v1/tasks/other')).body.state;
  t.ok(transport.playing && transport.positionFrames >= 50 * 48000);
  await domain.create('third');
  t.equal(await engineOf('third'), 'embedded');
  await domain.refused('ENGINE_FULL', 'POST', '/v1/tasks/first/move', {});
  t.equal((await domain.call('PATCH', '/v1/engines/second', { desired: 'wanted' })).status, 200);
  t.equal((await domain.call('DELETE', '/v1/tasks/third')).status, 204);
});

t.test('a task goes where its resources are, and is refused with numbers where they are used up', async (t) => {
  const heavy: Task = { ...toneTask, instances: { ...toneTask.instances, gain: { model: 'test:gain' } } };
  t.match(await domain.refused('TASK_NOWHERE', 'POST', '/v1/tasks', { id: 'heavy', task: heavy }), {
    message: /embedded: it has 0 of 0 gpu free, wanted 1; second: it has 0 of 0 gpu free, wanted 1/,
  });
  t.equal((await domain.call('PATCH', '/v1/engines/second', { resources: { gpu: 1.5 } })).status, 200);
  t.equal((await domain.create('heavy', heavy)).body.engine, 'second');
  t.same((await engine('second')).resources, { declared: { gpu: 1.5 }, used: { gpu: 1 } });
  const refusal = await domain.refused('ENGINE_FULL', 'POST', '/v1/tasks', { id: 'more', task: heavy });
  t.match(refusal.details?.['engines'], { second: { resource: 'gpu', needed: 1, free: 0.5, declared: 1.5 } });
  const another = { op: 'put', part: 'instances', name: 'more', value: { model: 'test:gain' } };
  t.match(await domain.refused('TASK_NOWHERE', 'POST', '/v1/tasks/heavy/edits', { edits: [another] }), {
    message: /second: it has 1.5 of 1.5 gpu free, wanted 2/,
  });
  await domain.refused('TASK_NOWHERE', 'POST', '/v1/tasks/heavy/move', { engine: 'embedded' });
  t.equal((await domain.call('DELETE', '/v1/tasks/heavy')).status, 204);
  t.same((await engine('second')).resources.used, {});
});

t.test('the tasks of an engine that was killed go to the other one when it stays away', async (t) => {
  await domain.call('POST', '/v1/tasks/other/move', { engine: 'second' });
  const live = await domain.live('other');
  await live.ack({ type: 'listen', format: 's16' });
  await live.ack({ type: 'set', changes: [{ instance: 'gain', parameter: 'gain', value: -12 }] });
  const before = await heardAt(live, -12);
  const { pid } = await engine('second');
  // Started again it is ended again, until its tasks have gone.
  let isAway = true;
  const killing = (async () => {
    for (let last = pid!; isAway; await sleep(10)) {
      try {
        process.kill(last, 'SIGKILL');
      } catch {
        // It had ended.
      }
      last = (await engine('second')).pid!;
    }
  })();
  await until('the other engine', async () => (await engineOf('other')) === 'embedded');
  isAway = false;
  await killing;
  const [at, packets] = [live.messages.length, live.packets.length];
  const after = await heardAt(live, -12, at);
  t.ok(after.transport.positionFrames >= before.transport.positionFrames, 'from its playhead');
  await live.until(() => live.packets.length > packets, 'the stream');
  t.equal((await movesOf('other')).at(-1).why, 'lost');
  live.close();
  await until('the engine again', async () => (await engine('second')).state === 'up');
  t.equal(await engineOf('other'), 'embedded', 'it stays there');
});

t.test('an engine with tasks is not removed; one without ends', async (t) => {
  await domain.call('POST', '/v1/tasks/other/move', { engine: 'second' });
  const busy = await domain.refused('ENGINE_BUSY', 'DELETE', '/v1/engines/second');
  t.equal(busy.details?.['tasks'], 1);
  await domain.refused('REQUEST_INVALID', 'DELETE', '/v1/engines/embedded');
  await domain.call('PATCH', '/v1/engines/second', { desired: 'draining' });
  const { pid } = await until('an empty engine', async () => {
    const status = await engine('second');
    return status.tasks === 0 && status;
  });
  t.equal((await domain.call('DELETE', '/v1/engines/second')).status, 204);
  await domain.refused('ENGINE_UNKNOWN', 'GET', '/v1/engines/second');
  await until('its end', async () => {
    try {
      return process.kill(pid!, 0) && undefined;
    } catch {
      return true;
    }
  });
});
