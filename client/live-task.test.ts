import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type LiveCounters,
  type LiveEvent,
  type Packet,
  type SinkGuardCounters,
  samplesOf,
  type Task,
} from '@audiocloud/api';
import t from 'tap';
import { sharedTestDomain } from '../domain/testing/test-domain.ts';
import { randoms } from '../test/testing/randoms.ts';
import { until } from '../test/until.ts';
import { AudioCloudClient } from './audio-cloud-client.ts';
import type { LiveTask } from './live-task.ts';

// Against the real domain with its engine.

const tone: Task = {
  sampleRate: 48000,
  instances: {
    tone: { model: 'audiocloud:tone' },
    eq: { model: 'audiocloud:equalizer' },
    gain: { model: 'audiocloud:gain' },
  },
  connections: {
    a: { from: { node: 'tone' }, to: { node: 'eq' } },
    b: { from: { node: 'eq' }, to: { node: 'gain' } },
    c: { from: { node: 'gain' }, to: { node: 'out' } },
  },
  sinks: { out: { kind: 'stream', channels: 2 } },
};

/** WebSockets that a test can cut, and keep from opening. */
function network() {
  const open = new Set<WebSocket>();
  const state = { isDown: false };
  class Cuttable extends WebSocket {
    constructor(url: string | URL) {
      // nothing listens on port 9 of this machine
      super(state.isDown ? 'ws://127.0.0.1:9/' : url);
      open.add(this);
      this.addEventListener('close', () => open.delete(this));
    }
  }
  return {
    WebSocket: Cuttable as typeof WebSocket,
    cut: () => {
      for (const socket of open) socket.close();
    },
    down: (isDown: boolean) => {
      state.isDown = isDown;
    },
  };
}

const domain = await sharedTestDomain(t);

t.test('client', { timeout: 100_000 }, async (t) => {
  const client = new AudioCloudClient(domain.url);

  await t.test('tasks are created, listed, changed and deleted over HTTP; refusals keep their code', async (t) => {
    const { revision } = await client.tasks.create(tone, 'http');
    t.ok((await client.tasks.list()).some(({ id }) => id === 'http'));
    const edited = await client.tasks.edit(
      'http',
      [{ op: 'loop', loop: { startSeconds: 0, endSeconds: 1 } }],
      revision,
    );
    t.equal(edited.revision, revision + 1);
    await t.rejects(client.tasks.replace('http', tone, revision), { code: 'REVISION_CONFLICT' });
    t.equal((await client.tasks.replace('http', tone, edited.revision)).task.loop, undefined);
    await client.tasks.set('http', [{ instance: 'gain', parameter: 'gain', value: -3 }]);
    t.equal((await client.tasks.get('http')).task.instances?.['gain']?.parameters?.['gain'], -3);
    t.equal((await client.tasks.transport('http', { play: true })).playing, true);
    await client.tasks.delete('http');
    await t.rejects(client.tasks.get('http'), { code: 'TASK_UNKNOWN' });
    t.ok((await client.models()).some(({ id }) => id === 'audiocloud:gain'));
    t.equal((await client.engines()).length, 1);
    t.same(await client.instances(), []);
    await t.rejects(new AudioCloudClient('http://127.0.0.1:9').models(), { code: 'CONNECTION_LOST' });
  });

  await t.test('live: play, set and listen; what was awaited shows in the copy', async (t) => {
    await client.tasks.create(tone, 'live');
    const packets: Packet[] = [];
    const live = client.live('live', { onPacket: (packet) => packets.push(packet) });
    t.teardown(() => live.close());
    await live.ready;
    await live.transport({ play: true });
    t.equal(live.state.transport?.playing, true);
    await live.listen({ format: 'f32' });
    await until('sound comes', () => packets.some((packet) => samplesOf(packet).some((sample) => sample !== 0)));
    const ack = await live.set({ instance: 'gain', parameter: 'gain', value: -6 });
    t.type(ack.frame, 'number');
    t.equal(live.task.instances?.['gain']?.parameters?.['gain'], -6);
    await live.set({ instance: 'eq', parameter: 'gain', index: 2, value: 3 });
    t.same(live.values('eq', 'gain'), [0, 0, 3, 0, 0, 0, 0, 0]);
    await t.rejects(live.set({ instance: 'gain', parameter: 'gain', value: 1e9 }), { code: 'PARAMETER_VALUE' });
    await t.rejects(live.edit([{ op: 'remove', part: 'buses', name: 'none' }]), { code: 'NODE_UNKNOWN' });
    t.equal(live.values('gain', 'gain')[0], -6);
    await live.unlisten();
  });

  await t.test('counters: of the task live, of the whole engine over HTTP', async (t) => {
    const seen: LiveCounters[] = [];
    const live = client.live('live', { onCounters: (counters) => seen.push(counters) });
    t.teardown(() => live.close());
    await live.ready;
    await live.counters(true);
    await until('two come', () => seen.length >= 2);
    t.ok(seen[1]!.device.blocks > seen[0]!.device.blocks);
    const [engine] = await client.engines();
    const counters = await client.counters(engine!.id);
    t.ok(counters.device.blocks >= seen[0]!.device.blocks && Object.hasOwn(counters.tasks, 'live'));
    await t.rejects(client.counters('none'), { code: 'ENGINE_UNKNOWN' });
    await live.counters(false);
  });

  await t.test('a guard that acts is told', async (t) => {
    const loud = {
      sampleRate: 48000,
      instances: { loud: { model: 'audiocloud:tone', parameters: { level: 0 } } },
      connections: { c: { from: { node: 'loud' }, to: { node: 'main' }, gainDb: 12 } },
      sinks: { main: { kind: 'stream' as const, channels: 2 } },
    };
    await client.tasks.create(loud, 'guarded');
    const told: SinkGuardCounters[] = [];
    const live = client.live('guarded', { onGuard: (guards) => told.push(guards) });
    t.teardown(() => live.close());
    await live.ready;
    await live.transport({ play: true });
    await until('it is told', () => told.length > 0);
    t.ok(told[0]!['main']!.limitedBlocks > 0);
    t.equal(told[0]!['main']!.nonFinite, 0);
    await client.tasks.delete('guarded');
  });

  await t.test('a fast knob: few requests, the last value is there', async (t) => {
    const other: LiveEvent[] = [];
    const watcher = client.live('live', { onEvent: (event) => other.push(event) });
    const live = client.live('live');
    t.teardown(() => [live, watcher].map((each) => each.close()));
    await Promise.all([live.ready, watcher.ready]);
    const moves = Array.from({ length: 500 }, (_, i) =>
      live.set({ instance: 'gain', parameter: 'gain', value: -i / 10 }),
    );
    t.equal(live.values('gain', 'gain')[0], -49.9, 'shown at once');
    await Promise.all(moves);
    await until('the other has it', () => watcher.values('gain', 'gain')[0] === -49.9);
    t.ok(other.length < 10, `${other.length} requests for 500 moves`);
  });

  await t.test('20 drops at random times: every event once and in order, nothing set is lost', async (t) => {
    const seed = 1;
    const random = randoms(seed);
    const net = network();
    const sequences: number[] = [];
    let snapshots = 0;
    let drops = 0;
    const live = new AudioCloudClient(domain.url, { WebSocket: net.WebSocket }).live('live', {
      onEvent: ({ sequence }) => sequences.push(sequence),
      onSnapshot: () => snapshots++,
      onConnection: (connection) => connection === 'lost' && drops++,
    });
    const other = client.live('live');
    t.teardown(() => [live, other].map((each) => each.close()));
    await Promise.all([live.ready, other.ready]);
    const first = live.sequence;

    const answers: Promise<unknown>[] = [];
    while (drops < 20) {
      const index = Math.floor(random() * 8);
      answers.push(live.set({ instance: 'eq', parameter: 'gain', index, value: Math.round(random() * 12) }));
      answers.push(other.set({ instance: 'gain', parameter: 'gain', value: -Math.round(random() * 60) }));
      if (random() < 0.2)
        answers.push(
          other.edit([{ op: 'put', part: 'buses', name: `b${answers.length}`, value: { inputChannels: 2 } }]),
        );
      if (random() < 0.3) net.cut();
      await sleep(random() * 40);
    }
    await Promise.all(answers);
    await until('both are at the same event', () => live.connection === 'open' && live.sequence === other.sequence);
    const stored = await client.tasks.get('live');
    t.same(live.task, stored.task, `the copy is what the domain has (seed ${seed})`);
    t.equal(live.revision, stored.revision);
    t.same(
      sequences,
      Array.from({ length: sequences.length }, (_, i) => first + 1 + i),
      `no event missing or twice (seed ${seed})`,
    );
    t.equal(snapshots, 1, 'every drop was resumed');
  });

  await t.test('what events cannot say is taken from a snapshot', async (t) => {
    const net = network();
    let snapshots = 0;
    const live = new AudioCloudClient(domain.url, { WebSocket: net.WebSocket }).live('live', {
      onSnapshot: () => snapshots++,
    });
    t.teardown(() => live.close());
    await live.ready;
    net.down(true);
    net.cut();
    await until('it is away', () => live.connection === 'lost');
    const set = live.set({ instance: 'gain', parameter: 'gain', value: -7 });
    await client.tasks.replace('live', { ...tone, name: 'replaced' });
    net.down(false);
    await until('it is back', () => live.connection === 'open' && live.task.name === 'replaced');
    await set;
    t.equal(snapshots, 2);
    t.same(live.task, (await client.tasks.get('live')).task, 'with what was set meanwhile');
    t.equal(live.values('gain', 'gain')[0], -7);
  });

  /** A client whose first question for the models is answered with none, and the next ones when `answer` says. */
  function early(answer: () => Promise<void>) {
    const counts = { asked: 0, snapshots: 0 };
    const client = new AudioCloudClient(domain.url, {
      fetch: async (...call) => {
        if (!String(call[0]).includes('/v1/models?')) return fetch(...call);
        if (counts.asked++ === 0) return Response.json({ models: [] });
        await answer();
        return fetch(...call);
      },
    });
    const models = Promise.withResolvers<void>();
    const live = client.live('live', { onSnapshot: () => counts.snapshots++, onModels: () => models.resolve() });
    t.teardown(() => live.close());
    return { live, counts, learnt: models.promise };
  }
  const gainOf = (live: LiveTask) => live.values('eq', 'gain')[4];

  await t.test('a client from before the engine was up learns the models', async (t) => {
    const { live, counts, learnt } = early(async () => {});
    await Promise.all([live.ready, learnt]);
    await client.tasks.set('live', [{ instance: 'eq', parameter: 'gain', index: 4, value: 5 }]);
    await until('the change is here', () => gainOf(live) === 5);
    t.same(live.task, (await client.tasks.get('live')).task);
    t.same(counts, { asked: 2, snapshots: 1 });
  });

  await t.test('one that does not know them yet never keeps a wrong copy', async (t) => {
    const gate = Promise.withResolvers<void>();
    const { live, counts } = early(() => gate.promise);
    await live.ready;
    await client.tasks.set('live', [{ instance: 'eq', parameter: 'gain', index: 4, value: 6 }]);
    await until('it cannot follow', () => live.connection === 'lost');
    gate.resolve();
    await until('it is back', () => live.connection === 'open' && counts.snapshots === 2 && gainOf(live) === 6);
    t.same(live.task, (await client.tasks.get('live')).task);
  });

  await t.test('the example of docs/live.md does what it says', async (t) => {
    await client.tasks.create(tone, 'demo');
    const text = readFileSync(new URL('../docs/live.md', import.meta.url), 'utf8');
    const example = /```js\n([\s\S]*?)```/.exec(text)![1]!;
    const said: unknown[][] = [];
    const run = new Function('client', 'console', `return (async () => {${example}})()`);
    await run(client, { log: (...words: unknown[]) => said.push(words) });
    t.same(
      said.filter(([word]) => word !== 'state'),
      [['changed'], ['edited'], [['aux'], 1]],
    );
    const { task } = await client.tasks.get('demo');
    t.equal(task.instances?.['gain']?.parameters?.['gain'], -6);
  });

  await t.test('an edit under way at a drop takes effect once, and is answered', async (t) => {
    const net = network();
    const live = new AudioCloudClient(domain.url, { WebSocket: net.WebSocket }).live('demo');
    t.teardown(() => live.close());
    await live.ready;
    const { revision } = live;
    const edits = Array.from({ length: 5 }, (_, i) =>
      live.edit([{ op: 'put', part: 'buses', name: `bus${i}`, value: { inputChannels: 2 } }]),
    );
    const midi = live.midi([{ instance: 'gain', bytes: [0x90, 60, 1] }]);
    net.cut();
    await t.rejects(midi, { code: 'CONNECTION_LOST' });
    const answers = await Promise.all(edits);
    t.same(
      answers.map((ack) => ack.revision),
      [1, 2, 3, 4, 5].map((i) => revision + i),
    );
    t.equal(live.revision, revision + 5);
    t.same(live.task, (await client.tasks.get('demo')).task);
  });

  await t.test("others are seen, and which events are one's own is known", async (t) => {
    const own: boolean[] = [];
    const net = network();
    const options = { name: 'Anna', onEvent: (event: LiveEvent) => own.push(live.isOwn(event)) };
    const live: LiveTask = new AudioCloudClient(domain.url, { WebSocket: net.WebSocket }).live('demo', options);
    const other = client.live('demo', { name: 'Bea' });
    t.teardown(() => [live, other].map((each) => each.close()));
    await Promise.all([live.ready, other.ready]);
    await other.touch({ instance: 'gain', parameter: 'gain' }, 30);
    const bea = () => live.presence.find(({ name }) => name === 'Bea');
    await until('the hand is seen', () => bea()?.touches.length === 1);
    t.ok(live.permissions.includes('parameters'));
    await live.set({ instance: 'gain', parameter: 'gain', value: -1 });
    await other.set({ instance: 'gain', parameter: 'gain', value: -2 });
    await until('both came', () => own.length === 2);
    const before = live.session;
    net.cut();
    await until('it is back', () => live.session !== before && bea() !== undefined);
    const anna = () => other.presence.filter(({ name }) => name === 'Anna');
    await until('once, and under its name', () => anna().length === 1 && anna()[0]!.session === live.session);
    await live.set({ instance: 'gain', parameter: 'gain', value: -3 });
    t.same(own, [true, false, true]);
  });

  await t.test('an unknown task, a deleted one and a closed one end', async (t) => {
    await t.rejects(client.live('nothing').ready, { code: 'TASK_UNKNOWN' });
    const reasons: (string | undefined)[] = [];
    const live = client.live('live', { onConnection: (connection, why) => reasons.push(connection, why?.code) });
    await live.ready;
    await client.tasks.delete('live');
    await until('it ends', () => live.connection === 'closed');
    t.equal(reasons.at(-1), 'TASK_UNKNOWN');
    await t.rejects(live.set({ instance: 'gain', parameter: 'gain', value: 0 }), { code: 'CONNECTION_LOST' });
    const closed = client.live('nothing');
    closed.close();
    await t.rejects(closed.ready, { code: 'CONNECTION_LOST' });
  });
});
