import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineStatus } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { startTestDomain, type TestDomain, toneTask } from '../testing/test-domain.ts';

function folder(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'domain-'));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** The embedded engine of a domain, as soon as it is so; the time limit of the test ends it otherwise. */
async function engine(domain: TestDomain, fits: (engine: EngineStatus) => boolean): Promise<EngineStatus> {
  for (;;) {
    const { body } = await domain.call('GET', '/v1/engines/embedded');
    if (fits(body)) return body;
    await sleep(20);
  }
}

t.test('a task goes on from its playhead, with its values, after the engine was killed', async (t) => {
  const domain = await startTestDomain(t);
  await domain.create('a');
  await domain.create('still');
  await domain.call('PATCH', '/v1/tasks/still/transport', { positionSeconds: 33 });
  await domain.call('PATCH', '/v1/tasks/a/transport', {
    play: true,
    positionSeconds: 500,
    loop: { startSeconds: 0, endSeconds: 600 },
  });
  const live = await domain.live('a');
  await live.ack({ type: 'listen', format: 's16' });
  await live.ack({ type: 'set', changes: [{ instance: 'gain', parameter: 'gain', value: -20 }] });
  const { transport } = await live.next('meters', ({ meters }) => meters.positionFrames > 500.2 * 48000);
  const { pid } = await engine(domain, () => true);

  process.kill(pid!, 'SIGKILL');
  const away = await live.next('state', ({ state }) => state.state === 'loading');
  t.equal(away.state.error?.code, 'ENGINE_UNAVAILABLE');
  await live.next('state', ({ state }) => state.state === 'playing', live.messages.indexOf(away));
  const place = live.messages.length;
  const packets = live.packets.length;
  const again = await live.next('meters', ({ meters }) => meters.meters['out'] !== undefined, place);
  t.ok(again.transport.positionFrames >= transport.positionFrames, 'not from the start');
  t.ok(again.transport.positionFrames < 560 * 48000);
  t.same(again.transport.loop, { startSeconds: 0, endSeconds: 600 });
  // -18 dB of the tone and -20 dB of the gain: the value that was set live is there again.
  const peakDb = 20 * Math.log10(again.meters.meters['out']!.peak[0]!);
  t.ok(Math.abs(peakDb + 38) < 0.1, `${peakDb} dB`);
  await live.until(() => live.packets.length > packets, 'the stream');
  t.not((await engine(domain, ({ state }) => state === 'up')).pid, pid);
  const { body } = await domain.call('PATCH', '/v1/tasks/still/transport', { play: true });
  t.ok(body.positionFrames >= 33 * 48000, 'a task that stood keeps its place, too');
});

t.test('a domain that comes back finds its engine, which went on playing', async (t) => {
  const dataDir = folder(t);
  const before = await startTestDomain(t, { dataDir, engineAtClose: 'leave' });
  await before.create('a');
  await before.create('unused');
  await before.call('PATCH', '/v1/tasks/a/transport', { play: true });
  await before.call('PATCH', '/v1/tasks/a/parameters', {
    changes: [{ instance: 'gain', parameter: 'gain', value: -7 }],
  });
  const { pid } = await engine(before, () => true);
  const { streamFrame } = (await before.call('GET', '/v1/tasks/a')).body.state.transport;
  await before.close();

  const after = await startTestDomain(t, { dataDir });
  t.equal((await engine(after, ({ state }) => state === 'up')).pid, pid);
  const live = await after.live('a');
  const { meters, transport } = await live.next('meters');
  t.ok(meters.streamFrame > streamFrame, 'the same play');
  t.equal(transport.playId, 1);
  const { body } = await after.call('GET', '/v1/tasks/a');
  t.equal(body.task.instances.gain.parameters.gain, -7);
  t.equal((await after.call('GET', '/v1/tasks/unused')).body.state.state, 'stored');
  await after.close();
  t.throws(() => process.kill(pid!, 0), { code: 'ESRCH' }, 'the engine ended with the domain that ends it');
});

t.test('after everything was ended a task that played plays again, from its playhead', async (t) => {
  const dataDir = folder(t);
  const before = await startTestDomain(t, { dataDir });
  await before.create('a');
  await before.create('stopped');
  await before.call('PATCH', '/v1/tasks/a/transport', { play: true, positionSeconds: 70 });
  await before.close();
  const after = await startTestDomain(t, { dataDir });
  const live = await after.live('a');
  const { transport } = await live.next('meters', ({ transport }) => transport.playing);
  t.ok(transport.positionFrames >= 70 * 48000, String(transport.positionFrames));
  const { tasks } = (await after.call('GET', '/v1/tasks')).body;
  t.match(tasks, [
    { id: 'a', playing: true, state: 'playing' },
    { id: 'stopped', playing: false, state: 'stored' },
  ]);
  t.equal((await after.call('PATCH', '/v1/tasks/stopped/transport', { play: true })).status, 200, 'loaded when used');
});

t.test('a domain without an engine answers what it can, and says why it cannot the rest', async (t) => {
  const dataDir = folder(t);
  const before = await startTestDomain(t, { dataDir });
  await before.create('kept');
  await before.close();
  const entry = join(dataDir, 'broken.mjs');
  writeFileSync(entry, 'console.error("no engine today"); process.exit(3);');
  const domain = await startTestDomain(t, { dataDir, engineEntry: entry });
  const { status } = (await domain.call('GET', '/health')).body;
  t.equal(status, 'degraded');
  // Between its tries it is starting.
  const away = await engine(domain, ({ state }) => state === 'down');
  t.match(away, {
    error: { code: 'ENGINE_UNAVAILABLE', message: /code 3/ },
    waitingFor: [{ what: 'engine', id: 'embedded', why: /code 3/ }],
  });
  t.ok(Date.parse(away.waitingFor[0]!.nextTryAt!) > 0, 'until when');
  t.match(readFileSync(join(dataDir, 'engine.log'), 'utf8'), /no engine today/);
  t.same((await domain.call('GET', '/v1/tasks/kept')).body.task, toneTask);
  await domain.refused('ENGINE_UNAVAILABLE', 'POST', '/v1/tasks', { id: 'new', task: toneTask });
  await domain.refused('ENGINE_UNAVAILABLE', 'PATCH', '/v1/tasks/kept/transport', { play: true });
  await domain.refused('ENGINE_UNAVAILABLE', 'POST', '/v1/tasks/kept/edits', { edits: [{ op: 'loop', loop: null }] });
  await domain.refused('ENGINE_UNAVAILABLE', 'PATCH', '/v1/tasks/kept/parameters', {
    changes: [{ instance: 'gain', parameter: 'gain', value: 0 }],
  });
  const live = await domain.live('kept');
  t.equal((await live.next('snapshot')).state.error?.code, 'ENGINE_UNAVAILABLE');
  t.match(await live.ask({ type: 'transport', change: { play: true } }), { error: { code: 'ENGINE_UNAVAILABLE' } });
  await live.ack({ type: 'ping' });
  t.equal((await domain.call('DELETE', '/v1/tasks/kept')).status, 204, 'what needs no engine works');
});
