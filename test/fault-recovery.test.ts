import type { GraphEdit, InstanceState, Task } from '@audiocloud/api';
import { renderTask } from '@audiocloud/engine';
import t, { type Test } from 'tap';
import { noise } from '../plugins/testing/signals.ts';
import { audio, DrivenTask, openRegistry, RATE } from './driven-task.ts';
import { bombPackage, FAULT } from './testing/bomb-plugin.ts';

const BLOCK = 128;
/** In which the task is looked at: as an engine does. */
const LOOK_BLOCKS = 15;
const LOOK_SECONDS = (LOOK_BLOCKS * BLOCK) / RATE;
const media = { sound: audio(noise(60 * RATE, 1)) };
const from = (node: string, to: string) => ({ from: { node }, to: { node: to } });
const sink = { kind: 'stream', channels: 1 } as const;

/** A track through `bad`, through `good` of the same plugin, and through an equalizer: each to a sink. */
const graph: Task = {
  sampleRate: RATE,
  tracks: { track: { channels: 1, clips: [{ media: 'sound', startSeconds: 0 }] } },
  instances: {
    bad: { model: 'test:bomb' },
    good: { model: 'test:bomb', parameters: { x: 0.25 } },
    eq: {
      model: 'audiocloud:equalizer',
      widths: { in: 1 },
      parameters: { type: ['bell'], frequency: [1000], gain: [6] },
    },
  },
  connections: {
    a: from('track', 'bad'),
    b: from('track', 'good'),
    c: from('track', 'eq'),
    d: from('bad', 'bad-sink'),
    e: from('good', 'good-sink'),
    f: from('eq', 'eq-sink'),
    g: { ...from('bad', 'mix'), gainDb: -6 },
    h: { ...from('eq', 'mix'), gainDb: -6 },
  },
  sinks: { 'bad-sink': sink, 'good-sink': sink, 'eq-sink': sink, mix: sink },
};

/** A task with its recovery, and beside it the same task to which nothing happens. */
class Watched {
  readonly driven: DrivenTask;
  readonly undisturbed: DrivenTask;
  seconds = 0;
  /** New plans that recovery made. */
  plans = 0;

  static async start(t: Test, more?: Parameters<typeof bombPackage>[1]): Promise<Watched> {
    return new Watched(await openRegistry(bombPackage(t, more)));
  }

  private constructor(registry: Awaited<ReturnType<typeof openRegistry>>) {
    this.driven = new DrivenTask(graph, { registry, media });
    this.undisturbed = new DrivenTask(graph, { registry, media });
    for (const task of [this.driven, this.undisturbed]) task.play();
  }

  state(name = 'bad'): InstanceState {
    return this.driven.task.state().instances[name]!;
  }

  /** Tells `bad` what to do; in the next block it does. */
  tell(x: number, instance = 'bad'): void {
    void this.driven.task.changes.set([{ instance, parameter: 'x', value: x }]);
  }

  /** What a sink hears until the next look, and after it nothing; others are compared with what they should be. */
  listen(t: Test, name: string, same: readonly string[], looks = 1): Float32Array[] {
    const blocks: Float32Array[] = [];
    for (let look = 0; look < looks; look++) {
      for (let i = 0; i < LOOK_BLOCKS; i++) {
        for (const task of [this.driven, this.undisturbed]) task.renderer.render(BLOCK, []);
        blocks.push(last(this.driven, name));
        for (const other of same)
          if (!isSame(last(this.driven, other), last(this.undisturbed, other)))
            throw new Error(`${other} is not as without the fault, after ${this.seconds} s`);
      }
      this.seconds += LOOK_SECONDS;
      const { image } = this.driven.task.recover(this.seconds);
      if (image) {
        this.plans += 1;
        this.driven.renderer.update(image);
      }
    }
    return blocks;
  }

  edit(edits: GraphEdit[]): void {
    this.driven.edit(edits);
  }
}

function last(driven: DrivenTask, name: string): Float32Array {
  const ring = driven.ring(name);
  const block = new Float32Array(BLOCK);
  if (!ring.read(ring.written - BLOCK, BLOCK, block)) throw new Error('the ring lost a block');
  return block;
}

const isSame = (a: Float32Array, b: Float32Array) => a.every((x, i) => Object.is(x, b[i]));
const isSilent = (block: Float32Array) => block.every((x) => x === 0);
/** How many blocks are silent at the beginning. */
const silence = (blocks: Float32Array[]) => blocks.findIndex((block) => !isSilent(block));
const REST = ['good-sink', 'eq-sink'];
const put: GraphEdit = { op: 'put', part: 'instances', name: 'bad', value: { model: 'test:bomb' } };

for (const [name, fault, cause] of [
  ['a trap', FAULT.trap, 'unreachable'],
  ['an endless loop', FAULT.endless, 'fuel exhausted'],
] as const)
  t.test(`${name}: silent in its block, sounding again after 0.1 s, then after 1 s, then in quarantine`, async (t) => {
    const watched = await Watched.start(t);
    watched.tell(0.5);
    watched.listen(t, 'bad-sink', REST);
    const before = watched.listen(t, 'bad-sink', REST);
    t.equal(before[0]![0], LOOK_BLOCKS + 1, 'it counts its blocks');

    watched.tell(fault);
    const first = watched.listen(t, 'bad-sink', [...REST], 5);
    t.ok(isSilent(first[0]!), 'silent in the block of the fault');
    const silent = silence(first) * BLOCK;
    t.ok(silent >= 0.1 * RATE && silent <= 0.1 * RATE + 2 * LOOK_BLOCKS * BLOCK, `${silent / RATE} s of silence`);
    t.equal(first[silence(first)]![0], 1, 'a fresh instance');
    t.match(watched.state(), { state: 'running', faults: 1, restarts: 1, error: { details: { cause } } });
    const again = first[silence(first)]!;
    t.ok(Math.max(...again.subarray(1).map(Math.abs)) < 0.6, 'but as loud as it was set to be');

    watched.tell(fault);
    const second = watched.listen(t, 'bad-sink', REST, 30);
    const longer = silence(second) * BLOCK;
    t.ok(longer >= RATE && longer <= RATE + 2 * LOOK_BLOCKS * BLOCK, `${longer / RATE} s of silence`);
    t.match(watched.state(), { state: 'running', faults: 2, restarts: 2 });

    watched.tell(fault);
    t.ok(watched.listen(t, 'bad-sink', REST, 150).every(isSilent));
    t.match(watched.state(), { state: 'quarantined', faults: 3, restarts: 2, error: { code: 'INSTANCE_FAILED' } });
    t.match(
      watched.state().error!.message,
      /'bad' \(test:bomb\) stays muted.*put again or play begins.*(unreachable|fuel)/,
    );
    t.match(watched.state('good'), { state: 'running', faults: 0, restarts: 0 });
    t.equal(watched.plans, 0, 'and the plan is the first one');
  });

t.test('the values sent while it is muted are those that it begins with', async (t) => {
  const watched = await Watched.start(t);
  watched.tell(FAULT.trap);
  watched.listen(t, 'bad-sink', REST, 1);
  watched.tell(0.5);
  const blocks = watched.listen(t, 'bad-sink', REST, 5);
  const heard = blocks[silence(blocks)]!;
  const whole = last(watched.undisturbed, 'bad-sink');
  t.equal(watched.state().restarts, 1);
  t.ok(Math.max(...heard.subarray(1).map(Math.abs)) <= 0.5);
  t.ok(Math.max(...whole.subarray(1).map(Math.abs)) > 0.5);
});

t.test('quarantine ends when the instance is put again, or when play begins; then its record is clean', async (t) => {
  const watched = await Watched.start(t);
  const condemn = () => {
    for (let i = 0; i < 3; i++) {
      watched.tell(FAULT.trap);
      watched.listen(t, 'bad-sink', REST, 30);
    }
    t.equal(watched.state().state, 'quarantined');
  };
  condemn();
  watched.edit([{ op: 'set', instance: 'good', parameter: 'x', value: 0.25 }]);
  t.ok(watched.listen(t, 'bad-sink', REST, 2).every(isSilent), 'another edit does not help');
  watched.edit([put]);
  const lifted = watched.listen(t, 'bad-sink', REST, 2);
  t.equal(
    lifted.findIndex((block) => block[0] === 1),
    LOOK_BLOCKS,
    'fresh, after the next look',
  );
  t.match(watched.state(), { state: 'running', faults: 3, restarts: 3 });
  watched.tell(FAULT.trap);
  t.equal(silence(watched.listen(t, 'bad-sink', REST, 6)), 4 * LOOK_BLOCKS, 'a first fault again');

  condemn();
  const stopped = watched.driven.task.transport({ play: false });
  watched.driven.renderer.render(BLOCK, []);
  await stopped;
  const begun = watched.driven.task.transport({ play: true });
  const [heard] = watched.driven.render(1, 'bad-sink');
  await begun;
  t.equal(heard![0], 1, 'from the first frame');
  t.match(watched.state(), { state: 'running', error: undefined });
});

t.test('an edit on its way is waited for', async (t) => {
  const watched = await Watched.start(t);
  watched.tell(FAULT.trap);
  watched.listen(t, 'bad-sink', REST, 1);
  const { task, renderer } = watched.driven;
  const image = task.edit(2, [{ op: 'put', part: 'buses', name: 'bus', value: { inputChannels: 1 } }]);
  watched.listen(t, 'bad-sink', REST, 6);
  t.match(watched.state(), { state: 'failed', restarts: 0 });
  renderer.update(image);
  watched.listen(t, 'bad-sink', REST, 1);
  const [block] = watched.listen(t, 'bad-sink', REST, 1);
  t.equal(block![0], 1);
  t.ok(block!.subarray(1).every((x, i) => x === last(watched.driven, 'bad-sink')[i + 1] || x !== 0));
  // edited again, what sits there now is what the plan speaks of
  watched.edit([{ op: 'put', part: 'connections', name: 'a', value: { ...from('track', 'bad'), gainDb: -200 } }]);
  watched.listen(t, 'bad-sink', REST, 1);
  t.ok(
    last(watched.driven, 'bad-sink')
      .subarray(1)
      .every((x) => Math.abs(x) < 1e-9),
  );
});

for (const [name, fault, cause, bystanders] of [
  ['behind its output', FAULT.behindOutput, 'it wrote outside its buffers', { faults: 0, restarts: 1 }],
  ['before its memory', FAULT.before, 'it wrote outside its buffers', { faults: 0, restarts: 1 }],
  ['beside memory of the host', FAULT.beside, 'its memory was damaged', { faults: 1, restarts: 1 }],
] as const)
  t.test(`an instance writes ${name}: its memory is left, other memories hear nothing of it`, async (t) => {
    const watched = await Watched.start(t);
    watched.listen(t, 'bad-sink', REST, 3);
    const memories = watched.driven.task.image.memories.length;
    watched.tell(fault);
    const blocks = watched.listen(t, 'bad-sink', ['eq-sink'], 6);
    t.match(watched.state(), { state: 'running', faults: 1, error: { details: { cause } } });
    t.match(watched.state('good'), { state: 'running', ...bystanders });
    t.match(watched.state('eq'), { state: 'running', faults: 0, restarts: 0 });
    t.equal(watched.plans, 1);
    t.equal(watched.driven.task.image.memories.length, memories + 1);
    if (fault !== FAULT.beside) t.ok(blocks.some(isSilent), 'whose fault it was is silent for its time');
    t.ok(!isSilent(last(watched.driven, 'bad-sink')));
    t.ok(!isSilent(last(watched.driven, 'good-sink')));
    watched.listen(t, 'bad-sink', ['eq-sink'], 3);
    t.equal(watched.driven.task.image.memories[0]!.memory.buffer.byteLength > 0, true);

    for (let i = 0; i < 2; i++) {
      watched.tell(fault);
      watched.listen(t, 'bad-sink', ['eq-sink'], 30);
    }
    t.equal(watched.state().state, 'quarantined');
    const isEverybody = fault === FAULT.beside;
    t.equal(watched.state('good').state, isEverybody ? 'quarantined' : 'running');
    t.equal(watched.state('eq').state, 'running');
    watched.edit([put]);
    const heard = watched.listen(t, 'bad-sink', ['eq-sink'], 3);
    t.ok(!isSilent(heard.at(-1)!));
    t.equal(watched.state().state, 'running');
    t.doesNotThrow(() => watched.driven.task.dispose());
  });

t.test('a memory that has grown by other hands is left', async (t) => {
  const watched = await Watched.start(t);
  watched.listen(t, 'bad-sink', REST, 3);
  const { image } = watched.driven.task;
  const { memory } = image.instances.find(({ name }) => name === 'bad')!;
  image.memories[memory]!.memory.grow(1); // as a render twin would, had its module not been refused
  watched.listen(t, 'bad-sink', ['eq-sink'], 2);
  for (const name of ['bad', 'good'])
    t.match(watched.state(name), {
      state: 'running',
      faults: 1,
      restarts: 1,
      error: { details: { cause: 'its memory was damaged' } },
    });
  t.equal(watched.state('eq').faults, 0);
  watched.listen(t, 'bad-sink', ['eq-sink'], 30);
  t.equal(watched.plans, 1, 'once');
});

t.test('what cannot be made again is in quarantine at once, and says why', async (t) => {
  const start = {
    // word 24 of the memory counts: two are made with the task, no third one
    ac_create: `(i32.store (i32.const 24) (i32.add (i32.load (i32.const 24)) (i32.const 1)))
      (if (i32.gt_u (i32.load (i32.const 24)) (i32.const 2)) (then (unreachable)))`,
  };
  const watched = await Watched.start(t, start);
  watched.tell(FAULT.trap);
  watched.listen(t, 'bad-sink', REST, 6);
  t.match(watched.state(), { state: 'quarantined', faults: 1, restarts: 0 });
  t.match(watched.state().error!.message, /cannot be started again: Call ac_create of test:bomb/);
});

t.test('a fresh instance with another latency needs a new plan, and gets one', async (t) => {
  const start = {
    // the third instance, which is the fresh one, is late by 100 frames
    ac_create: '(i32.store (i32.const 24) (i32.add (i32.load (i32.const 24)) (i32.const 1)))',
    ac_latency: '(if (i32.gt_u (i32.load (i32.const 24)) (i32.const 2)) (then (return (i32.const 100))))',
  };
  const watched = await Watched.start(t, start);
  watched.tell(FAULT.trap);
  watched.listen(t, 'bad-sink', [], 5); // all are lined up with it
  t.match(watched.state(), { state: 'running', faults: 1, restarts: 1, latencyFrames: 100 });
  t.equal(watched.plans, 1);
  t.equal(watched.driven.task.latencyFrames, 100);
});

t.test('offline, faults have the same end: the same bytes every time', async (t) => {
  const registry = await openRegistry(bombPackage(t));
  const render = () =>
    renderTask({
      task: {
        ...graph,
        sinks: { 'bad-sink': sink },
        connections: { a: from('track', 'bad'), d: from('bad', 'bad-sink') },
      },
      media,
      registry,
      toSeconds: 3,
      events: [{ frame: 48000, instance: 'bad', parameter: 'x', value: 1 }],
    });
  const [one, other] = [(await render()).data[0]!, (await render()).data[0]!];
  t.ok(isSame(one, other));
  const first = one.findIndex((_, n) => n >= 48000 && isSilent(one.subarray(n, n + 3)));
  t.equal(first, 48000, 'silent from its block on');
  const again = one.findIndex((x, n) => n > 48000 && x !== 0);
  t.ok(again >= 52800 && again <= 54720, `sounds again after ${(again - 48000) / 48} ms`);
});
