import type { Task } from '@audiocloud/api';
import t from 'tap';
import { fileURLToPath } from 'node:url';
import { bombPackage, FAULT } from '../../test/testing/bomb-plugin.ts';
import { seededRandom } from '../plugin/seeded-random.ts';
import { Registry } from '../registry/registry.ts';
import { SinkRing } from '../render/sink-ring.ts';
import { TaskRenderer } from '../render/task-renderer.ts';
import { COMMAND } from '../render/task-shared.ts';
import { LoadedTask } from '../task/loaded-task.ts';
import { BLOCK, DrivenPool } from './testing/driven-pool.ts';

const TRAPS = 1000;
const TASKS = 6;
const BOMBS = 20;
const BLOCKS_IN_A_LOOK = 8;
const SEED = 20261125;
/** One fault in so many is an endless loop, which takes a millisecond or two until its fuel is used up. */
const ENDLESS = 20;

const bombs = Array.from({ length: BOMBS }, (_, i) => `bomb${i}`);
const from = (node: string, to: string) => ({ from: { node }, to: { node: to } });
const sink = { kind: 'stream', channels: 1 } as const;
const NEIGHBOURS = ['same', 'other', 'chain'];

/** A tone through each bomb, all mixed; and through neighbours: one of the bombs' model, an equalizer, and both in a row. */
function graphOf(faulty: readonly string[], frequency: number): Task {
  return {
    sampleRate: 48000,
    instances: {
      tone: { model: 'audiocloud:tone', widths: { out: 1 }, parameters: { frequency, level: -12 } },
      ...Object.fromEntries(faulty.map((name) => [name, { model: 'test:bomb' }])),
      same: { model: 'test:bomb', parameters: { x: 0.25 } },
      other: { model: 'audiocloud:equalizer', widths: { in: 1 }, parameters: { type: ['bell'], gain: [6] } },
      chain: { model: 'test:bomb' },
    },
    connections: {
      ...Object.fromEntries(
        faulty.flatMap((name) => [
          [`to-${name}`, from('tone', name)],
          [`from-${name}`, { ...from(name, 'mix'), gainDb: -30 }],
        ]),
      ),
      a: from('tone', 'same'),
      b: from('tone', 'other'),
      c: from('other', 'chain'),
      ...Object.fromEntries(NEIGHBOURS.map((name) => [`${name}-out`, from(name, `${name}-sink`)])),
    },
    sinks: { mix: sink, ...Object.fromEntries(NEIGHBOURS.map((name) => [`${name}-sink`, sink])) },
  };
}

/** The neighbours of a task, frame by frame beside a task that has no others and plays on this thread. */
class Comparison {
  private readonly alone: LoadedTask;
  private readonly renderer: TaskRenderer;
  private readonly rings: { name: string; one: SinkRing; other: SinkRing }[];
  private frames = 0;

  constructor(registry: Registry, task: LoadedTask, graph: Task) {
    this.alone = LoadedTask.load({ id: 'alone', graph, media: {}, registry, maxFrames: BLOCK });
    this.renderer = new TaskRenderer(this.alone.image);
    this.alone.shared.give({ kind: COMMAND.play, a: 1 });
    const ring = ({ sinks }: LoadedTask, name: string) =>
      new SinkRing(sinks.find((one) => one.name === `${name}-sink`)!.ring);
    this.rings = NEIGHBOURS.map((name) => ({ name, one: ring(task, name), other: ring(this.alone, name) }));
  }

  /** Compares what came since the last call; returns how many frames were the same in all. Throws at the first that is not. */
  go(): number {
    for (; this.frames < this.rings[0]!.one.written; this.frames += BLOCK) {
      this.renderer.render(BLOCK, []);
      for (const { name, one, other } of this.rings) {
        const [found, wanted] = [new Float32Array(BLOCK), new Float32Array(BLOCK)];
        if (!one.read(this.frames, BLOCK, found) || !other.read(this.frames, BLOCK, wanted))
          throw new Error(`${name}: frames ${this.frames} to ${this.frames + BLOCK} are gone`);
        const at = found.findIndex((x, i) => !Object.is(x, wanted[i]));
        if (at >= 0) throw new Error(`${name}: frame ${this.frames + at} is ${found[at]}, alone it is ${wanted[at]}`);
      }
    }
    return this.frames;
  }

  dispose(): void {
    this.alone.dispose();
  }
}

t.test(
  `${TRAPS} traps in ${TASKS} tasks on two threads: nothing ends, and neighbours are as without them`,
  async (t) => {
    const stock = fileURLToPath(new URL('../../plugins', import.meta.url));
    const registry = Registry.open([stock, bombPackage(t)]);
    const driven = await DrivenPool.start(registry, 2, { wedgedMs: 1e9 });
    const { pool } = driven;
    t.teardown(() => driven.stop());
    pool.on('lost', (error) => t.fail(error.message));
    pool.on('failed', (task, error) => t.fail(`${task}: ${error.message}`));
    pool.on('replaced', () => t.fail('a thread was replaced'));

    const tasks: LoadedTask[] = [];
    for (let i = 0; i < TASKS; i++) tasks.push(await driven.play(`task${i}`, graphOf(bombs, 300 + 100 * i)));
    await driven.begin(...tasks);
    const comparisons = tasks.map((task, i) => new Comparison(registry, task, graphOf([], 300 + 100 * i)));
    t.teardown(() => {
      for (const comparison of comparisons) comparison.dispose();
    });

    const random = seededRandom(SEED);
    const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)]!;
    let seconds = 0;
    let traps = 0;
    let lifted = 0;
    let blocks = 1;
    const block = async () => {
      await driven.blocks(1);
      blocks += 1;
    };
    for (let turn = 0; traps < TRAPS && turn < 5000; turn++) {
      for (let i = Math.floor(random() * 4); i > 0 && traps < TRAPS; i--) {
        const task = pick(tasks);
        const { instances } = task.state();
        const running = bombs.filter((name) => instances[name]!.state === 'running');
        if (running.length === 0) continue;
        const value = random() < 1 / ENDLESS ? FAULT.endless : FAULT.trap;
        void task.changes.set([{ instance: pick(running), parameter: 'x', value }]);
        await block();
        traps += 1;
      }
      if (turn % BLOCKS_IN_A_LOOK > 0) continue;
      seconds += 0.5;
      for (const comparison of comparisons) comparison.go();
      for (const task of tasks) {
        const { image } = task.recover(seconds);
        if (image) throw new Error('a trap took a new plan');
        const { instances } = task.state();
        const condemned = bombs.filter((name) => instances[name]!.state === 'quarantined');
        if (condemned.length < BOMBS / 4) continue;
        lifted += condemned.length;
        const put = condemned.map(
          (name) => ({ op: 'put', part: 'instances', name, value: { model: 'test:bomb' } }) as const,
        );
        const edited = pool.update(task.id, task.edit(task.revision + 1, put));
        await block();
        await edited;
      }
    }
    await block();
    const states = tasks.map((task) => task.state());
    const counts = (what: 'faults' | 'restarts') =>
      states.reduce((sum, { instances }) => sum + bombs.reduce((own, name) => own + instances[name]![what], 0), 0);
    t.equal(counts('faults'), TRAPS, `every trap is counted once, seed ${SEED}`);
    t.ok(counts('restarts') > TRAPS / 2, `${counts('restarts')} were started again`);
    t.ok(lifted > 0, `${lifted} were let out of quarantine`);
    for (const [i, task] of tasks.entries()) {
      t.equal(states[i]!.state, 'playing');
      t.same(
        NEIGHBOURS.map((name) => states[i]!.instances[name]!.faults),
        [0, 0, 0],
      );
      t.equal(
        comparisons[i]!.go(),
        blocks * BLOCK,
        `${task.id}: every frame of its neighbours, bit for bit, seed ${SEED}`,
      );
    }
    t.same(
      pool.threadCounters().map(({ replacements }) => replacements),
      [0, 0],
    );
    t.comment(`${blocks} blocks`);
  },
);
