import { type Packet, type PushedFacts, samplesOf, type Task } from '@audiocloud/api';
import t from 'tap';
import { sharedTestDomain } from '../domain/testing/test-domain.ts';
import { fitSine } from '../test/sine-fit.ts';
import { until } from '../test/until.ts';
import { AudioCloudClient } from './audio-cloud-client.ts';
import { LivePush } from './live-push.ts';

// Against the real domain with its engine.

const talk: Task = {
  sampleRate: 48000,
  tracks: {
    voice: { channels: 1, clips: [], source: { kind: 'push', bufferMs: 500 } },
    plain: { channels: 1, clips: [] },
  },
  connections: { a: { from: { node: 'voice' }, to: { node: 'out' } } },
  sinks: { out: { kind: 'stream', channels: 1 } },
};

const domain = await sharedTestDomain(t);

/** A sine of 997 Hz at -6 dB, from frame `first` on. */
const sine = (first: number, frames: number, sampleRate: number) =>
  Float32Array.from({ length: frames }, (_, i) => 0.5 * Math.sin((2 * Math.PI * 997 * (first + i)) / sampleRate));

/** The longest stretch of packets without a gap, as one signal. */
function joined(packets: readonly Packet[]): Float32Array {
  const parts = packets.map((packet) => samplesOf(packet));
  const out = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

t.test('push: sound of a client at 44.1 kHz is heard in the task with its pitch and its level', async (t) => {
  const client = new AudioCloudClient(domain.url);
  await client.tasks.create(talk, 'talk');
  const packets: Packet[] = [];
  const told: PushedFacts[] = [];
  const live = client.live('talk', {
    onPacket: (packet) => packets.push(packet),
    onPushed: (facts) => told.push(facts),
  });
  t.teardown(() => live.close());
  await live.ready;
  await live.transport({ play: true });
  await live.listen({ format: 'f32' });

  await t.rejects(LivePush.begin(live, { track: 'plain', sampleRate: 44100, channels: 1 }), { code: 'NODE_UNKNOWN' });
  await t.rejects(LivePush.begin(live, { track: 'none', sampleRate: 44100, channels: 1 }), { code: 'NODE_UNKNOWN' });
  const push = await LivePush.begin(live, { track: 'voice', sampleRate: 44100, channels: 1, format: 's24' });

  // as a sound card would: so many frames as time went by, whatever the timer did
  const begun = performance.now();
  let written = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - begun) / 1000) * 44100);
    push.write(sine(written, due - written, 44100));
    written = due;
  }, 10);
  t.teardown(() => clearInterval(timer));
  await until('it is heard', () => packets.some((packet) => samplesOf(packet).some((x) => Math.abs(x) > 0.4)));
  const heardAt = packets.length + 20; // after the fade in
  await until('for half a second', () => packets.length > heardAt + 50);
  const heard = joined(packets.slice(heardAt, heardAt + 50));
  // in pieces of 40 ms: the clock is followed by up to 0.3 %, which is a slow change of the pitch
  for (let at = 0; at + 1920 <= heard.length; at += 1920) {
    const { frequencyHz, amplitude, residualDb } = fitSine(heard.slice(at, at + 1920), 48000, 997);
    t.ok(Math.abs(frequencyHz - 997) < 4, `frequency ${frequencyHz}`);
    t.ok(Math.abs(amplitude - 0.5) < 0.005, `level ${amplitude}`);
    t.ok(residualDb < -40, `rest ${residualDb} dB`);
  }
  await until('what becomes of it is told', () => told.length > 0);
  t.match(told.at(-1), { lost: 0, refused: 0, isHeard: true, underruns: 0 });

  const other = client.live('talk');
  t.teardown(() => other.close());
  await other.ready;
  await t.rejects(other.push('voice'), { code: 'SOURCE_TAKEN' });
  clearInterval(timer);
  await push.end();
  await other.push('voice');
  t.pass('another client may push when the first one has ended');
});

t.test('push: a binary message of who pushes nothing is refused, and the session goes on', async (t) => {
  const client = new AudioCloudClient(domain.url);
  await client.tasks.create(talk, 'silent');
  const live = await domain.live('silent');
  live.socket.send(new Uint8Array([1, 2, 3]));
  await live.until(
    () => live.messages.some((message) => message.type === 'error' && message.id === null),
    'the refusal',
  );
  await live.ack({ type: 'push', track: 'voice' });
  live.socket.send(new Uint8Array([1, 2, 3])); // no packet: the engine passes it over
  await live.ack({ type: 'ping' });
});
