import { fileURLToPath } from 'node:url';
import t from 'tap';
import { until } from '../../test/until.ts';
import { steepest } from '../../test/driven-task.ts';
import { RunningEngine } from '../../test/running-engine.ts';
import { watPackage } from '../plugin/fixtures/wat-package.ts';
import type { HeardPacket } from '../../test/heard-packet.ts';

/** A plugin that fills its output with one number, whatever it hears; it traps when a parameter is set while it plays. */
const filled = (id: string, number: string) =>
  watPackage(
    t,
    {
      start: {
        ac_process: `(local $to i32) (local $end i32)
          (if (i32.load offset=48 (local.get $at)) (then (unreachable)))
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
const NUMBERS = { nan: 'nan', infinite: 'inf', huge: '1e30', largest: '3.4e38', loud: '4', dc: '0.24' };

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

const samplesOf = (packets: HeardPacket[]) => packets.flatMap(({ samples }) => [...samples]);
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

for (const id of ['nan', 'infinite', 'huge', 'largest', 'loud'])
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

const alone = (model: string) => ({
  sampleRate: 48000,
  instances: { hostile: { model } },
  connections: { hostile: { from: { node: 'hostile' }, to: { node: 'main' } } },
  sinks: { main: { kind: 'stream', channels: 1 } },
});

t.test('full scale at once comes as a rise, is told, and is faded out when it lasts', async (t) => {
  const link = await engine.link();
  await link.command('hello', { protocol: 1 });
  const samples = Float32Array.from(await heard('jump', alone('hostile:loud'), 24_000));
  t.ok(steepest(samples) < 1.001 / 512, `steepest ${steepest(samples)}`);
  t.ok(peakOf([...samples]) > 0.8, 'it is heard');
  t.equal(peakOf([...samples.subarray(16_000)]), 0, 'and silent after 0.33 s');
  const told = await link.event('guard', ({ task, guards }) => task === 'jump' && guards['main']!.offsets > 0);
  t.match(told.guards, { main: { nonFinite: 0, jumps: 1, offsets: 1 } });
  const { counters } = await link.event(
    'counters',
    (event) => event.counters.tasks['jump']?.guards?.['main'] !== undefined,
  );
  t.ok(counters.tasks['jump']!.guards!['main']!.limitedBlocks > 0);
  link.close();
});

t.test('an instance that traps at full swing, and comes back, makes no step', async (t) => {
  const link = await engine.link();
  await link.command('load', { task: 'trap', revision: 1, graph: alone('hostile:dc'), media: {} });
  link.ask({ type: 'listen', stream: 1, task: 'trap', format: 'f32' });
  await link.command('transport', { task: 'trap', change: { play: true } });
  await link.framesOf(1, 2400);
  await link.command('set', { task: 'trap', changes: [{ instance: 'hostile', parameter: 'x', value: 0.5 }] });
  const all = () => samplesOf(link.packets.get(1)!);
  await until('it was silent, and is back', () => all().at(-1)! > 0.2 && all().slice(2400).includes(0));
  const samples = Float32Array.from(all().slice(2400));
  t.ok(steepest(samples) < 1.001 * (0.24 / 512) + 1e-6, `steepest ${steepest(samples)}`);
  link.close();
});

t.test('what does nothing wrong is not altered, nor told', async (t) => {
  const link = await engine.link();
  await link.command('hello', { protocol: 1 });
  await heard('good', beside('hostile:nan'), 4800);
  const { counters } = await link.event('counters', (event) => event.counters.tasks['good']?.blocks !== undefined);
  t.same(counters.tasks['good']!.guards, {});
  link.close();
});
