import type { Task } from '@audiocloud/api';
import t from 'tap';
import { watPackage } from '../engine/plugin/fixtures/wat-package.ts';
import type { WatParts } from '../engine/plugin/fixtures/wat-plugin.ts';
import { noise } from '../plugins/testing/signals.ts';
import { audio, DrivenTask, openRegistry, RATE } from './driven-task.ts';

const BLOCK = 128;
const BLOCKS = 12;
/** The block of each play, counted from 1, in which an instance goes wrong. */
const FAULTY_BLOCK = 5;
const frames = BLOCK * BLOCKS;
const media = { sound: audio(noise(frames, 1)) };

/** Word 112 of the instance counts its blocks since the reset; word 116 is what parameter x was set to. */
const WRONG = '(i32.load offset=116 (local.get $at))';
const keepX = '(i32.store offset=116 (local.get $at) (i32.trunc_f64_s (local.get 3)))';
const countBlocks = `(i32.store offset=112 (local.get $at) (i32.add (i32.load offset=112 (local.get $at)) (i32.const 1)))`;
const inItsBlock = (fault: string) => `${countBlocks}
  (if (i32.and ${WRONG} (i32.eq (i32.load offset=112 (local.get $at)) (i32.const ${FAULTY_BLOCK}))) (then ${fault}))`;
const forget = '(i32.store offset=112 (local.get $at) (i32.const 0))';

/** Copies its input; an instance with x = 1 does `fault` in its fifth block, all others never. */
const wrongInProcess = (fault: string, parts: WatParts = {}): WatParts => ({
  ...parts,
  start: { ac_parameter: keepX, ac_reset: forget, ac_process: inItsBlock(fault), ...parts.start },
});

/** The track through a bad instance, through a good one of the same plugin, and through an equalizer; each to a sink, all to another. */
function taskOf(model: string, names: readonly string[]): Task {
  const instances: NonNullable<Task['instances']> = {
    bad: { model, parameters: { x: 1 } },
    after: { model: 'audiocloud:gain', widths: { in: 1, out: 1 }, parameters: { gain: -3 } },
    good: { model },
    eq: {
      model: 'audiocloud:equalizer',
      widths: { in: 1 },
      parameters: { type: ['bell'], frequency: [1000], gain: [6] },
    },
  };
  const connections: NonNullable<Task['connections']> = {
    'bad-after': { from: { node: 'bad' }, to: { node: 'after' } },
  };
  for (const name of ['bad', 'good', 'eq'])
    connections[`to-${name}`] = { from: { node: 'track' }, to: { node: name }, gainDb: -2 };
  for (const name of ['after', 'good', 'eq']) {
    connections[`${name}-alone`] = { from: { node: name }, to: { node: `${name}-sink` } };
    connections[`${name}-all`] = { from: { node: name }, to: { node: 'all' }, gainDb: -6 };
  }
  const isKept = (name: string) => names.includes(name);
  return {
    sampleRate: RATE,
    tracks: { track: { channels: 1, clips: [{ media: 'sound', startSeconds: 0 }] } },
    instances: Object.fromEntries(Object.entries(instances).filter(([name]) => isKept(name))),
    connections: Object.fromEntries(
      Object.entries(connections).filter(
        ([, { from, to }]) =>
          [from.node, to.node].every((node) => !(node in instances) || isKept(node)) &&
          (!to.node.endsWith('-sink') || isKept(to.node.slice(0, -5))),
      ),
    ),
    sinks: Object.fromEntries([
      ...['after', 'good', 'eq'].filter(isKept).map((name) => [`${name}-sink`, { kind: 'stream', channels: 1 }]),
      ['all', { kind: 'stream', channels: 1 }],
    ]) as Task['sinks'] & object,
  };
}

const ALL = ['bad', 'after', 'good', 'eq'];
type Heard = Record<string, Float32Array>;

/** Plays from the start; every sink whole, block by block. */
function play(driven: DrivenTask, playId: number): Heard {
  driven.play(0, playId);
  const heard: Heard = {};
  const sinks = driven.task.sinks.map(({ name }) => name);
  for (const name of sinks) heard[name] = new Float32Array(frames);
  for (let block = 0; block < BLOCKS; block++) {
    driven.renderer.render(BLOCK, []);
    for (const name of sinks) {
      const ring = driven.ring(name);
      if (!ring.read(ring.written - BLOCK, BLOCK, heard[name]!.subarray(block * BLOCK, (block + 1) * BLOCK)))
        throw new Error('the ring lost a block');
    }
  }
  return heard;
}

const isSame = (a: Float32Array, b: Float32Array) => a.length === b.length && a.every((x, i) => Object.is(x, b[i]));
const isSilent = (x: Float32Array) => x.every((y) => y === 0);

async function withPlugin(t: Parameters<typeof watPackage>[0], parts: WatParts) {
  return openRegistry(watPackage(t, parts, { id: 'test:wrong' }));
}

const faults: [name: string, cause: string | RegExp, parts: WatParts][] = [
  ['a trap', 'unreachable', wrongInProcess('(unreachable)')],
  ['an endless loop', 'fuel exhausted', wrongInProcess('(loop $l (br $l))')],
  ['an error status', 'it returned an error status', wrongInProcess('(return (i32.const 0))')],
  ['a read out of bounds', 'out of bounds', wrongInProcess('(drop (i32.load (i32.const -4)))')],
  [
    'a division by zero',
    'division',
    wrongInProcess('(drop (i32.div_s (i32.const 1) (i32.load offset=44 (i32.const 0))))'),
  ],
  [
    'endless recursion',
    /fuel exhausted|recursion too deep/,
    wrongInProcess('(drop (call $down (i32.const 1)))', {
      more: '(func $down (param i32) (result i32) (i32.add (i32.const 1) (call $down (local.get 0))))',
    }),
  ],
  [
    'a call of nothing',
    'indirect call',
    wrongInProcess('(call_indirect (type $v) (i32.const 0))', { more: '(type $v (func)) (table 1 funcref)' }),
  ],
  [
    'abort',
    'abort called',
    wrongInProcess('(call $abort (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 1))', {
      imports: '(import "env" "abort" (func $abort (param i32 i32 i32 i32)))',
    }),
  ],
  [
    'a trap with half of the block written',
    'unreachable',
    wrongInProcess('(f32.store (i32.load offset=108 (local.get $at)) (f32.const 0.75)) (unreachable)'),
  ],
];

for (const [name, cause, parts] of faults)
  t.test(`${name} in process mutes its instance alone`, async (t) => {
    const registry = await withPlugin(t, parts);
    const driven = new DrivenTask(taskOf('test:wrong', ALL), { registry, media });
    const without = play(new DrivenTask(taskOf('test:wrong', ['good', 'eq']), { registry, media }), 1);
    const start = (FAULTY_BLOCK - 1) * BLOCK;
    for (const playId of [1, 2, 3]) {
      const heard = play(driven, playId);
      t.ok(isSame(heard['good-sink']!, without['good-sink']!), 'the instance beside it, of the same plugin');
      t.ok(isSame(heard['eq-sink']!, without['eq-sink']!), 'the instance of another plugin');
      t.ok(isSame(heard['all']!.subarray(start), without['all']!.subarray(start)), 'what hears them all, from there');
      const after = heard['after-sink']!;
      t.notOk(isSame(heard['all']!.subarray(0, start), without['all']!.subarray(0, start)), 'but not before');
      t.ok(!isSilent(after.subarray(0, start)) && isSilent(after.subarray(start)), 'silent from its block on');
      const { instances, state } = driven.task.state();
      t.equal(state, 'playing');
      t.match(instances['bad'], {
        state: 'failed',
        faults: playId,
        error: {
          code: 'INSTANCE_FAILED',
          message: /Instance 'bad' \(test:wrong\) is muted/,
          details: { instance: 'bad' },
        },
      });
      t.match(instances['bad']!.error!.details!['cause'], cause);
      for (const other of ['after', 'good', 'eq']) t.match(instances[other], { state: 'running', faults: 0 }, other);
      driven.task.meters();
    }
  });

t.test('the cause that is told is that of the last fault', async (t) => {
  // first a trap, and after the next reset an error status
  const parts = wrongInProcess(
    '(if (i32.load offset=124 (local.get $at)) (then (return (i32.const 0)))) (i32.store offset=124 (local.get $at) (i32.const 1)) (unreachable)',
  );
  const driven = new DrivenTask(taskOf('test:wrong', ALL), { registry: await withPlugin(t, parts), media });
  const bad = () => driven.task.state().instances['bad']!;
  play(driven, 1);
  t.match(bad(), { faults: 1, error: { details: { cause: 'unreachable' } } });
  play(driven, 2);
  t.match(bad(), { faults: 2, error: { details: { cause: 'it returned an error status' } } });
  driven.play(0, 3);
  driven.render();
  t.match(bad(), { state: 'running', faults: 2, error: undefined }, 'reset by play, until it fails again');
});

t.test('NaN and infinity become zero, are counted, and the instance goes on', async (t) => {
  const poison = (bits: string) =>
    `(f32.store offset=40 (i32.load offset=104 (local.get $at)) (f32.reinterpret_i32 (i32.const ${bits})))`;
  for (const bits of ['0x7fc00000', '0xff800000', '0x7f800001']) {
    // it writes into its own input, which it copies to its output
    const registry = await withPlugin(t, wrongInProcess(poison(bits)));
    const driven = new DrivenTask(taskOf('test:wrong', ALL), { registry, media });
    const healthy = taskOf('test:wrong', ALL);
    healthy.instances!['bad']!.parameters = { x: 0 };
    const wanted = play(new DrivenTask(healthy, { registry, media }), 1);
    const heard = play(driven, 1);
    const at = (FAULTY_BLOCK - 1) * BLOCK + 10;
    const expected = wanted['after-sink']!.slice();
    expected[at] = 0;
    t.ok(isSame(heard['after-sink']!, expected), `${bits}: one sample is zero`);
    t.ok(isSame(heard['good-sink']!, wanted['good-sink']!) && isSame(heard['eq-sink']!, wanted['eq-sink']!));
    t.match(driven.task.state().instances['bad'], { state: 'running', faults: 0, nonFinite: 1 });
  }
});

for (const [name, cause, fault] of [
  ['a trap', 'unreachable', '(unreachable)'],
  ['an endless loop', 'fuel exhausted', '(loop $l (br $l))'],
] as const) {
  t.test(`${name} in reset mutes its instance from the first block`, async (t) => {
    const start = { ac_parameter: keepX, ac_reset: `(if ${WRONG} (then ${fault}))` };
    const registry = await withPlugin(t, { start });
    const driven = new DrivenTask(taskOf('test:wrong', ALL), { registry, media });
    const without = play(new DrivenTask(taskOf('test:wrong', ['good', 'eq']), { registry, media }), 1);
    for (const playId of [1, 2]) {
      const heard = play(driven, playId);
      for (const sink of ['good-sink', 'eq-sink', 'all']) t.ok(isSame(heard[sink]!, without[sink]!), sink);
      t.ok(isSilent(heard['after-sink']!));
      t.match(driven.task.state().instances['bad'], { state: 'failed', faults: playId, error: { details: { cause } } });
    }
  });

  for (const entry of ['ac_create', 'ac_parameter', 'ac_activate', 'ac_latency', 'ac_tail']) {
    // in the endless loop of create and others, x is not known yet: every instance of this plugin is wrong
    t.test(`${name} in ${entry}: the task is refused by name, an edit of a playing task changes nothing`, async (t) => {
      const registry = await openRegistry(
        watPackage(t, { start: { [entry]: fault } }, { id: 'test:wrong' }),
        watPackage(t, wrongInProcess('(unreachable)'), { id: 'test:right' }),
      );
      const refusal = {
        code: 'INSTANCE_FAILED',
        message: new RegExp(`instance 'bad'.*${entry} of test:wrong.*${cause}`),
      };
      t.throws(() => new DrivenTask(taskOf('test:wrong', ['bad', 'after']), { registry, media }), refusal);

      const task = () => new DrivenTask(taskOf('test:right', ['good', 'eq']), { registry, media });
      const [driven, other] = [task(), task()];
      for (const one of [driven, other]) {
        one.play();
        one.render(3);
      }
      const { graph, revision, image } = driven.task;
      for (let i = 0; i < 2; i++)
        t.throws(
          () =>
            driven.edit([
              { op: 'put', part: 'instances', name: 'bad', value: { model: 'test:wrong' } },
              { op: 'put', part: 'connections', name: 'x', value: { from: { node: 'track' }, to: { node: 'bad' } } },
              { op: 'put', part: 'connections', name: 'y', value: { from: { node: 'bad' }, to: { node: 'all' } } },
            ]),
          refusal,
        );
      t.same([driven.task.graph, driven.task.revision], [graph, revision]);
      t.equal(driven.task.image, image);
      t.equal(image.memories.length, 2, 'no memory is left behind');
      for (const sink of ['good-sink', 'eq-sink', 'all'])
        t.ok(isSame(driven.render(1, sink)[0]!, other.render(1, sink)[0]!), sink);
    });
  }

  for (const entry of ['ac_deactivate', 'ac_destroy', 'ac_free'])
    t.test(`${name} in ${entry}: its instance goes, and nothing else is harmed`, async (t) => {
      const registry = await withPlugin(t, { start: { [entry]: fault } });
      const driven = new DrivenTask(taskOf('test:wrong', ALL), { registry, media });
      const other = new DrivenTask(taskOf('test:wrong', ['eq']), { registry, media });
      driven.play();
      other.play();
      driven.render();
      other.render();
      for (const name of ['bad', 'good']) driven.edit([{ op: 'remove', part: 'instances', name }]);
      for (let i = 0; i < 3; i++) {
        t.ok(isSame(driven.render(1, 'eq-sink')[0]!, other.render(1, 'eq-sink')[0]!));
        t.doesNotThrow(() => driven.task.meters(), 'where what is gone is freed');
      }
      driven.edit([{ op: 'put', part: 'instances', name: 'again', value: { model: 'test:wrong' } }]);
      t.same(Object.keys(driven.task.state().instances).sort(), ['after', 'again', 'eq']);
      t.doesNotThrow(() => driven.task.dispose());
    });
}

t.test('a latency below zero, and a layout that is not sound, are refused by what is wrong', async (t) => {
  const cases: [WatParts, RegExp][] = [
    [{ start: { ac_latency: '(return (i32.const -7))' } }, /'bad'.*ac_latency.*returned -7/],
    [{ start: { ac_activate: '(return (i32.const -1))' } }, /'bad'.*ac_activate.*returned -1/],
    [{ start: { ac_create: '(return (i32.const 64))' } }, /'bad'.*ac_create/],
  ];
  for (const [parts, message] of cases) {
    const registry = await withPlugin(t, parts);
    t.throws(() => new DrivenTask(taskOf('test:wrong', ['bad']), { registry, media }), {
      code: 'INSTANCE_FAILED',
      message,
    });
  }
});
