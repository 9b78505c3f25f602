import fc from 'fast-check';
import t from 'tap';
import { applyEdits, setValue } from './apply-edits.ts';
import { AudioCloudError } from './errors.ts';
import type { GraphEdit } from './graph-edit.ts';
import type { Value } from './model.ts';
import type { Instance, Task } from './task.ts';

type Records = Record<string, Record<string, unknown>>;

const PARTS = ['media', 'tracks', 'buses', 'instances', 'connections', 'sinks'] as const;

const start: Task = {
  sampleRate: 48000,
  instances: { a: { model: 'test:one' }, b: { model: 'test:one', parameters: { level: [1, 2] } } },
  buses: { c: { inputChannels: 2 } },
  connections: {
    ab: { from: { node: 'a' }, to: { node: 'b' } },
    bc: { from: { node: 'b' }, to: { node: 'c' } },
    cc: { from: { node: 'c' }, to: { node: 'c' }, feedback: true },
  },
};

/** Every parameter has two values; those not given are 0. */
function valuesOf(task: Task, instance: string, parameter: string): Value[] {
  const given = task.instances![instance]!.parameters?.[parameter];
  return [0, 1].map((i) => (Array.isArray(given) ? given[i] : given) ?? 0);
}

const node = fc.constantFrom('a', 'b', 'c', 'd', 'toString');
const wire = fc.constantFrom('ab', 'bc', 'cc', 'da');
const edit = fc.oneof(
  fc.record({
    op: fc.constant('put'),
    part: fc.constant('instances'),
    name: node,
    value: fc.record({ model: fc.constantFrom('test:one', 'test:two') }),
  }),
  fc.record({
    op: fc.constant('put'),
    part: fc.constant('connections'),
    name: wire,
    value: fc.record({ from: fc.record({ node }), to: fc.record({ node }) }),
  }),
  fc.record({
    op: fc.constant('put'),
    part: fc.constant('sinks'),
    name: fc.constant('e'),
    value: fc.constant({ kind: 'stream', channels: 2 }),
  }),
  fc.record({ op: fc.constant('remove'), part: fc.constantFrom(...PARTS), name: fc.oneof(node, wire) }),
  fc.record({
    op: fc.constant('set'),
    instance: node,
    parameter: fc.constantFrom('level', 'mute'),
    index: fc.constantFrom(undefined, 0, 1),
    value: fc.integer({ min: 0, max: 9 }),
  }),
  fc.record({ op: fc.constant('loop'), loop: fc.constantFrom(null, { startSeconds: 1, endSeconds: 2 }) }),
) as fc.Arbitrary<GraphEdit>;

/** One edit after another on a deep copy, as the edits' descriptions say. Undefined: something named is not there. */
function applySlowly(task: Task, edits: readonly GraphEdit[]): Task | undefined {
  const next = structuredClone(task);
  const parts = next as unknown as Records;
  for (const edit of edits) {
    if (edit.op === 'put') {
      parts[edit.part] ??= {};
      parts[edit.part]![edit.name] = edit.value;
    } else if (edit.op === 'remove') {
      if (!Object.hasOwn(parts[edit.part] ?? {}, edit.name)) return undefined;
      delete parts[edit.part]![edit.name];
      if (edit.part === 'media' || edit.part === 'connections') continue;
      for (const [name, { from, to }] of Object.entries(next.connections ?? {}))
        if (from.node === edit.name || to.node === edit.name) delete next.connections![name];
    } else if (edit.op === 'loop') {
      delete next.loop;
      if (edit.loop) next.loop = edit.loop;
    } else {
      const { instance, parameter, index, value } = edit;
      if (!Object.hasOwn(next.instances!, instance)) return undefined;
      const before = next.instances![instance]!;
      next.instances![instance] = setValue(before, parameter, index, value, valuesOf(next, instance, parameter));
    }
  }
  return next;
}

t.test(
  'random edits: as one after another on a copy, in the same order of names, and nothing given is touched',
  async (t) => {
    let done = 0;
    let refused = 0;
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 8 }), (edits) => {
        const before = structuredClone(start);
        const wanted = applySlowly(start, edits);
        let given: Task | undefined;
        try {
          given = applyEdits(start, edits, valuesOf);
          done++;
        } catch (error) {
          if (!(error instanceof AudioCloudError) || error.code !== 'NODE_UNKNOWN') throw error;
          refused++;
        }
        if (JSON.stringify(given) !== JSON.stringify(wanted))
          throw new Error(`gives ${JSON.stringify(given)}, wanted ${JSON.stringify(wanted)}`);
        if (JSON.stringify(start) !== JSON.stringify(before)) throw new Error('the task given was changed');
        if (!given) return;
        const named = new Set(
          edits.flatMap((one) => (one.op === 'loop' ? [] : [one.op === 'set' ? one.instance : one.name])),
        );
        for (const part of PARTS)
          for (const [name, value] of Object.entries(given[part] ?? {}))
            if (!named.has(name) && value !== (start[part] as Record<string, unknown>)[name])
              throw new Error(`${part}.${name} is another object`);
      }),
      { numRuns: 1500, seed: 11 },
    );
    t.ok(done > 300 && refused > 300, `${done} done, ${refused} refused`);
  },
);

t.test('a part that no edit names is the same object, and no edit gives the task itself', async (t) => {
  const edits: GraphEdit[] = [
    { op: 'put', part: 'connections', name: 'new', value: { from: { node: 'a' }, to: { node: 'c' } } },
  ];
  const next = applyEdits(start, edits, valuesOf);
  t.equal(next.instances, start.instances);
  t.equal(next.buses, start.buses);
  t.not(next.connections, start.connections);
  t.equal(next.connections!['ab'], start.connections!['ab']);
  t.equal(applyEdits(start, [], valuesOf), start);
});

t.test('an instance takes the lanes and notes that are played on it with it, and no others', async (t) => {
  const lane = (instance: string) => ({ instance, parameter: 'level', points: [{ seconds: 0, value: 1 }] });
  const played: Task = {
    ...start,
    lanes: { 'lane-a': lane('a'), 'lane-b': lane('b') },
    notes: { 'notes-a': { instance: 'a', notes: [] }, 'notes-b': { instance: 'b', notes: [] } },
  };
  const without = applyEdits(played, [{ op: 'remove', part: 'instances', name: 'a' }], valuesOf);
  t.same(Object.keys(without.lanes!), ['lane-b']);
  t.same(Object.keys(without.notes!), ['notes-b']);
  t.same(Object.keys(played.notes!), ['notes-a', 'notes-b'], 'the task given is as it was');
  const silent = applyEdits(played, [{ op: 'remove', part: 'notes', name: 'notes-a' }], valuesOf);
  t.same(Object.keys(silent.notes!), ['notes-b']);
  t.equal(silent.lanes, played.lanes);
});

t.test('a node takes its connections with it; another node leaves the part as it is', async (t) => {
  const without = applyEdits(start, [{ op: 'remove', part: 'buses', name: 'c' }], valuesOf);
  t.same(Object.keys(without.connections!), ['ab']);
  const lonely: Record<string, Instance> = { ...start.instances, lonely: { model: 'test:one' } };
  const parted = applyEdits(
    { ...start, instances: lonely },
    [{ op: 'remove', part: 'instances', name: 'lonely' }],
    valuesOf,
  );
  t.equal(parted.connections, start.connections);
});
