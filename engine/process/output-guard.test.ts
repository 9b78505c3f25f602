import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { Packet } from '@audiocloud/api';
import { RunningEngine } from '../../test/running-engine.ts';
import { watPackage } from '../plugin/fixtures/wat-package.ts';

/** A plugin that fills its output with one number, and stands by it whatever it hears. */
const filled = (id: string, number: string) =>
  watPackage(
    t,
    {
      start: {
        ac_process: `(local $to i32) (local $end i32)
          (local.set $to (i32.load offset=108 (local.get $at)))
          (local.set $end (i32.add (local.get $to) (i32.shl (local.get $frames) (i32.const 2))))
          (loop $next
            (f32.store (local.get $to) (f32.const ${number}))
            (br_if $next (i32.lt_u (local.tee $to (i32.add (local.get $to) (i32.const 4))) (local.get $end))))
          (i32.store offset=48 (local.get $at) (i32.const 0))
          (return (i32.const 1))`,
      },
    },
    { id: `hostile:${id}` },
  );
const NUMBERS = { nan: 'nan', infinite: 'inf', huge: '1e30', largest: '3.4e38', loud: '4' };

const engine = await RunningEngine.start({
  plugins: [
    fileURLToPath(new URL('../../plugins', import.meta.url)),
    ...Object.entries(NUMBERS).map(([id, number]) => filled(id, number)),
  ],
});
t.teardown(() => engine.remove());

/** The tone of -6 dB, and a plugin beside it that the gain lets be heard. */
const beside = (model: string, sink: object = {}) => ({
  sampleRate: 48000,
  instances: {
    tone: { model: 'audiocloud:tone', widths: { out: 1 }, parameters: { frequency: 997, level: -6 } },
    hostile: { model },
  },
  connections: {
    tone: { from: { node: 'tone' }, to: { node: 'main' } },
    hostile: { from: { node: 'hostile' }, to: { node: 'main' } },
    // twice, so that what is finite alone is not as a sum
    again: { from: { node: 'hostile' }, to: { node: 'main' } },
  },
  sinks: { main: { kind: 'stream', channels: 1, ...sink } },
});

const samplesOf = (packets: Packet[]) => packets.flatMap(({ samples }) => [...samples]);
const peakOf = (samples: number[]) => samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

async function heard(task: string, graph: object, frames = 9600): Promise<number[]> {
  const link = await engine.link();
  await link.command('load', { task, revision: 1, graph, media: {} });
  link.ask({ type: 'listen', stream: 1, task, format: 'f32' });
  await link.command('transport', { task, change: { play: true } });
  const samples = samplesOf(await link.framesOf(1, frames));
  link.close();
  return samples;
}

for (const id of Object.keys(NUMBERS))
  t.test(`a stream stays finite and below the ceiling beside a plugin that gives ${id}`, async (t) => {
    for (const ceilingDb of [undefined, -20]) {
      const graph = beside(`hostile:${id}`, ceilingDb === undefined ? {} : { ceilingDb });
      const samples = await heard(`${id}${ceilingDb}`, graph);
      t.ok(samples.every(Number.isFinite), 'all is finite');
      const most = Math.fround(10 ** ((ceilingDb ?? -0.1) / 20));
      t.ok(peakOf(samples) <= most, `${peakOf(samples)}, ceiling ${most}`);
      // two of the largest numbers are no number: nothing of that can be saved
      t.equal(peakOf(samples) > 0, id !== 'largest');
    }
  });
