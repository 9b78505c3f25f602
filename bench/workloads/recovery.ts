import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Task } from '@audiocloud/api';
import { Registry } from '@audiocloud/engine';
import { type EngineLink, RunningEngine } from '../../test/running-engine.ts';
import { OwnEngine } from '../peers/ours.ts';
import { ProbePackages } from '../probe/probe-packages.ts';
import { absentRow, type Bench, median, type Row, row, type Workload } from '../row.ts';

/*
 * Probe plugins that add a square wave to silence. One traps at an event: in the block of the trap its sink must be silent already;
 * then the engine starts the instance again by itself. The other wedges its render thread. Silence is counted in the frames
 * of the stream, what was heard when by the arrival of packets in this process, which looks every millisecond.
 */
const STOCK = fileURLToPath(new URL('../../plugins', import.meta.url));
const BLOCK = 128;
const PATIENCE_MS = 5000;
const SOUND_AGAIN = { id: 'recovery/sounding', name: 'from a trap to sound again', unit: 'ms', goal: 300 };
const THREAD = { id: 'recovery/thread', name: 'from a wedged render thread to sound again', unit: 'ms', goal: 500 };

const taskOf = (model: string): Task => ({
  sampleRate: 48000,
  instances: { probe: { model }, beside: { model: 'audiocloud:tone', widths: { out: 1 } } },
  connections: {
    c: { from: { node: 'probe' }, to: { node: 'main' } },
    d: { from: { node: 'beside' }, to: { node: 'side' } },
  },
  sinks: { main: { kind: 'stream', channels: 1 }, side: { kind: 'stream', channels: 1 } },
});
const TRAP = { instance: 'probe', parameter: 'x', value: 1 };

/** Blocks in which the instance still sounds, that of the trap among them. */
function blocksUntilMuted(registry: Registry): number {
  const own = new OwnEngine(taskOf('probe:trap'), BLOCK, {}, registry);
  try {
    const isSounding = () => own.samples(BLOCK).some((x) => Math.abs(x) > 0.1);
    if (!isSounding()) throw new Error('recovery: the probe is silent before its trap');
    void own.task.changes.set([TRAP]); // taken by the next block
    let sounding = 0;
    for (let block = 0; block < 100; block++) if (isSounding()) sounding++;
    if (own.task.state().instances['probe']!.faults === 0) throw new Error('recovery: the probe did not trap');
    return sounding;
  } finally {
    own.dispose();
  }
}

/** Frames of a stream, with the time at which each packet was seen here. */
class Listener {
  readonly arrivals: { ms: number; first: number; samples: Float32Array }[] = [];
  private readonly timer: NodeJS.Timeout;
  private seen = 0;

  constructor(link: EngineLink, stream: number) {
    this.timer = setInterval(() => {
      const packets = link.packets.get(stream) ?? [];
      for (; this.seen < packets.length; this.seen++) {
        const { streamFrame, samples } = packets[this.seen]!;
        this.arrivals.push({ ms: performance.now(), first: streamFrame, samples: Float32Array.from(samples) });
      }
    }, 1);
  }

  /** The stream frame of the first sample that is, or is not, heard, from a frame on; -1 when there is none yet. */
  find(isHeard: boolean, from: number): number {
    for (const { first, samples } of this.arrivals) {
      if (first + samples.length <= from) continue;
      const at = samples.findIndex((x, i) => first + i >= from && Math.abs(x) > 0.1 === isHeard);
      if (at >= 0) return first + at;
    }
    return -1;
  }

  /** When the frame came, in ms of this process. */
  arrivalOf(frame: number): number {
    return this.arrivals.find(({ first, samples }) => frame < first + samples.length)!.ms;
  }

  /** The longest time without a packet since then, in ms. */
  longestPause(sinceMs: number): number {
    const later = this.arrivals.filter(({ ms }) => ms >= sinceMs);
    return Math.max(...later.slice(1).map(({ ms }, i) => ms - later[i]!.ms));
  }

  close(): void {
    clearInterval(this.timer);
  }
}

async function until<T>(find: () => T | false): Promise<T | null> {
  const begun = performance.now();
  while (performance.now() - begun < PATIENCE_MS) {
    const found = find();
    if (found !== false) return found;
    await sleep(1);
  }
  return null;
}

interface Recovery {
  /** Silence in the stream of the instance that failed. */
  silentMs: number;
  /** From the value that made it fail until it was heard again here. */
  againMs: number;
  /** The longest time in which nothing came from the instance beside it. */
  pauseMs: number;
}

/** Makes one of two instances in an engine fail, and listens to both; null when it is not heard again within 5 s. */
async function recover(folder: string, model: string): Promise<Recovery | null> {
  const engine = await RunningEngine.start({
    plugins: [STOCK, folder],
    environment: { AUDIOCLOUD_RENDER_THREADS: '1' },
  });
  const listeners: Listener[] = [];
  try {
    const link = await engine.link();
    await link.command('load', { task: 'probe', revision: 1, graph: taskOf(model), media: {} });
    for (const [stream, node] of [
      [1, 'main'],
      [2, 'side'],
    ] as const) {
      link.ask({ type: 'listen', stream, task: 'probe', node, format: 'f32' });
      listeners.push(new Listener(link, stream));
    }
    await link.command('transport', { task: 'probe', change: { play: true } });
    for (const stream of [1, 2]) await link.framesOf(stream, 24_000);
    const [own, beside] = listeners as [Listener, Listener];
    const begun = performance.now();
    const { frame } = await link.command('set', { task: 'probe', changes: [TRAP] });
    const silent = await until(() => {
      const at = own.find(false, frame);
      return at >= 0 && at;
    });
    const again =
      silent === null
        ? null
        : await until(() => {
            const at = own.find(true, silent);
            return at >= 0 && at;
          });
    if (silent === null || again === null) return null;
    return {
      silentMs: ((again - silent) / 48000) * 1000,
      againMs: own.arrivalOf(again) - begun,
      pauseMs: beside.longestPause(begun - 200),
    };
  } finally {
    for (const listener of listeners) listener.close();
    await engine.remove();
  }
}

async function measure(bench: Bench, folder: string, model: string, what: string): Promise<Recovery[] | null> {
  const found: Recovery[] = [];
  for (let turn = 0; turn < (bench.quick ? 1 : 5); turn++) {
    bench.say(`recovery: ${what}, turn ${turn + 1}`);
    const recovery = await recover(folder, model);
    if (recovery === null) return null;
    found.push(recovery);
  }
  return found;
}

async function run(bench: Bench): Promise<Row[]> {
  bench.say('recovery: a trap');
  const packages = new ProbePackages();
  try {
    packages.write('trap', { id: 'probe:trap', kernel: 'trap' });
    packages.write('wedge', { id: 'probe:wedge', kernel: 'wedge' });
    const muted = blocksUntilMuted(Registry.open([STOCK, packages.folder]));
    const trapped = await measure(bench, packages.folder, 'probe:trap', 'to sound again after a trap');
    const wedged = await measure(bench, packages.folder, 'probe:wedge', 'to sound again after a wedged thread');
    const middle = (list: Recovery[], what: keyof Recovery) => median(list.map((one) => one[what]));
    const ms = (value: number) => `${value.toFixed(0)} ms`;
    return [
      row({
        id: 'recovery/muted',
        name: 'blocks in which a trapped instance still sounds',
        unit: 'blocks',
        value: muted,
        goal: 0,
      }),
      trapped
        ? row({
            ...SOUND_AGAIN,
            value: middle(trapped, 'silentMs'),
            note: `silence in its stream; from the value that made it trap until it was heard again here ${ms(middle(trapped, 'againMs'))}; longest time without a packet of the instance beside it ${ms(middle(trapped, 'pauseMs'))}`,
          })
        : absentRow({ ...SOUND_AGAIN, why: 'it was not heard again within 5 s' }),
      wedged
        ? row({
            ...THREAD,
            value: middle(wedged, 'againMs'),
            note: `from the value that wedged the thread until the instance at fault was heard again here; of these, longest time without a packet of the instance beside it, on the same thread ${ms(middle(wedged, 'pauseMs'))}`,
          })
        : absentRow({ ...THREAD, why: 'it was not heard again within 5 s' }),
    ];
  } finally {
    packages.remove();
  }
}

export const recovery: Workload = {
  id: 'recovery',
  name: 'what a fault costs the listener',
  about:
    'A plugin that traps at an event: blocks in which it is still heard, and the silence until the engine has started it again; then one that wedges its render thread for seconds.',
  run,
};
