import t from 'tap';
import { RunningEngine } from '../../test/running-engine.ts';
import { keysPackage } from '../../test/testing/keys-package.ts';
import type { HeardPacket } from '../../test/heard-packet.ts';

const engine = await RunningEngine.start({ plugins: [await keysPackage(t)] });
t.teardown(() => engine.remove());
const link = await engine.link();
const graph = {
  sampleRate: 48000,
  instances: { synth: { model: 'test:keys' } },
  connections: { out: { from: { node: 'synth' }, to: { node: 'main' } } },
  sinks: { main: { kind: 'stream', channels: 4 } },
};
await link.command('load', { task: 'a', revision: 1, graph, media: {} });
link.ask({ type: 'listen', stream: 1, task: 'a', format: 'f32' });

const key = (velocity: number, more = {}) => ({ instance: 'synth', bytes: [0x90, 60, velocity], ...more });
const midi = (...messages: object[]) => link.command('midi', { task: 'a', messages });

/** The first frame of the stream at which the key is down. */
function firstFrame(packets: readonly HeardPacket[]): number | undefined {
  for (const { streamFrame, frames, channels, samples } of packets)
    for (let i = 0; i < frames; i++) if (samples[i * channels] !== 0) return streamFrame + i;
  return undefined;
}

t.test('a stopped task plays nothing, and says so', async (t) => {
  t.same(await midi(key(100)), { frame: null });
});

t.test('a task that plays answers with the frame at which it is heard', async (t) => {
  await link.command('transport', { task: 'a', change: { play: true } });
  await link.framesOf(1, 4800);
  const { frame } = await midi(key(64));
  t.ok(frame >= 4800 && frame % 128 === 0, `at a block: ${frame}`);
  t.equal(firstFrame(await link.framesOf(1, frame + 4800)), frame);
});

t.test('what is no message for this task is refused, with all that came with it', async (t) => {
  const refused: [object, string][] = [
    [{ instance: 'ghost' }, 'NODE_UNKNOWN'],
    [{ port: 'ghost' }, 'PORT_UNKNOWN'],
    [{ bytes: [0xf0, 0, 0] }, 'PARAMETER_VALUE'],
    [{ bytes: [0xc0, 0, 0] }, 'PARAMETER_VALUE'],
    [{ bytes: [0x90] }, 'MESSAGE_INVALID'],
    [{ bytes: [0x90, 60, 256] }, 'MESSAGE_INVALID'],
    [{ bytes: 'on' }, 'MESSAGE_INVALID'],
  ];
  for (const [wrong, code] of refused) await t.rejects(midi(key(1), key(1, wrong)), { code }, code);
  await t.rejects(link.command('midi', { task: 'ghost', messages: [key(1)] }), { code: 'TASK_UNKNOWN' });
  const { frame } = await midi(key(63));
  const packets = await link.framesOf(1, frame + 4800);
  const values = new Set(packets.flatMap(({ samples, channels }) => [...samples].filter((_, i) => i % channels === 0)));
  t.same(
    [...values].map((value) => value * 1024),
    [0, 64, 63],
    'nothing of what was refused was heard',
  );
});
