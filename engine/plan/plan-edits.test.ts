import { isDeepStrictEqual } from 'node:util';
import {
  applyEdits,
  AudioCloudError,
  type Connection,
  type GraphEdit,
  type Instance,
  type Task,
} from '@audiocloud/api';
import fc from 'fast-check';
import t from 'tap';
import { type Plan, planTask } from './plan.ts';
import { modelOf } from './testing/models.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const name = fc.constantFrom(...NAMES);
const connectionName = fc.constantFrom('k', 'l', 'm', 'n', 'o');
const width = fc.constantFrom(1, 2, 3);

const connection: fc.Arbitrary<Connection> = fc
  .record({
    from: fc.record({ node: name }),
    to: fc.record({ node: name }),
    gainDb: fc.option(fc.constantFrom(-120, -6, 0, 3), { nil: undefined }),
    pan: fc.option(fc.constantFrom(-1, 0.25), { nil: undefined, freq: 1 }),
    channels: fc.option(fc.constantFrom([[0, 0] as [number, number]], [[1, 0] as [number, number]]), {
      nil: undefined,
    }),
    offsetFrames: fc.option(fc.integer({ min: 0, max: 90 }), { nil: undefined }),
    feedback: fc.constantFrom(undefined, true),
  })
  .map((all) => JSON.parse(JSON.stringify(all)));

const instance: fc.Arbitrary<Instance> = fc.oneof(
  fc.record({ model: fc.constant('test:strip'), widths: fc.record({ in: width, key: width }, { requiredKeys: [] }) }),
  fc.constant({ model: 'test:source' }),
);

/** Edits of few names, so that nodes come back with other widths under connections that stay. */
const edit: fc.Arbitrary<GraphEdit> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ op: fc.constant('put'), part: fc.constant('instances'), name, value: instance }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      op: fc.constant('put'),
      part: fc.constant('connections'),
      name: connectionName,
      value: connection,
    }),
  },
  fc.record({
    op: fc.constant('put'),
    part: fc.constant('buses'),
    name: fc.constantFrom('g', 'h'),
    value: fc.record({ inputChannels: width }),
  }),
  fc.record({ op: fc.constant('remove'), part: fc.constant('instances'), name }),
  fc.record({ op: fc.constant('remove'), part: fc.constant('connections'), name: connectionName }),
) as fc.Arbitrary<GraphEdit>;

const START: Task = {
  sampleRate: 48000,
  instances: Object.fromEntries(NAMES.map((node) => [node, { model: 'test:strip' }])),
};

type Outcome = { plan: Plan } | { code: string; message: string };

function outcome(task: Task): Outcome {
  try {
    return { plan: planTask(task, modelOf, ({ name }) => 7 * name.charCodeAt(0)) };
  } catch (error) {
    if (!(error instanceof AudioCloudError)) throw error;
    return { code: error.code, message: error.message };
  }
}

t.test('after random edits a plan is what planning a copy from nothing gives, error or not', async (t) => {
  let planned = 0;
  let refused = 0;
  let shared = 0;
  fc.assert(
    fc.property(fc.array(fc.array(edit, { minLength: 1, maxLength: 3 }), { maxLength: 25 }), (turns) => {
      let task = START;
      let before: Plan | undefined;
      for (const edits of turns) {
        let next: Task;
        try {
          next = applyEdits(task, edits, () => []);
        } catch (error) {
          if (error instanceof AudioCloudError && error.code === 'NODE_UNKNOWN') continue; // removes what is not there
          throw error;
        }
        const incremental = outcome(next);
        const fromNothing = outcome(structuredClone(next));
        if (!isDeepStrictEqual(incremental, fromNothing)) throw new Error('the plans differ');
        if (!('plan' in incremental)) {
          refused++;
          continue;
        }
        planned++;
        for (const edge of incremental.plan.edges)
          if (before?.edges.some(({ wires }) => wires === edge.wires)) shared++;
        before = incremental.plan;
        task = next;
      }
    }),
    { numRuns: 150, seed: 3 },
  );
  t.ok(planned > 300 && refused > 100, `${planned} planned, ${refused} refused`);
  t.ok(shared > 100, `${shared} connections kept their wires`);
});

t.test('a connection of the same object under other widths gets other wires', async (t) => {
  const wire: Connection = { from: { node: 'a' }, to: { node: 'b' } };
  const strip = (width: number): Instance => ({ model: 'test:strip', widths: { in: width } });
  const task = (width: number): Task => ({
    sampleRate: 48000,
    instances: { a: strip(width), b: strip(width) },
    connections: { wire },
  });
  const wiresOf = (width: number) => planTask(task(width), modelOf).edges[0]!.wires;
  const two = wiresOf(2);
  t.equal(two.length, 2);
  t.equal(wiresOf(2), two);
  t.equal(wiresOf(3).length, 3);
  t.throws(() => planTask({ ...task(2), instances: { a: strip(2), b: strip(3) } }, modelOf), {
    code: 'CHANNELS_MISMATCH',
    message: /2 channels, the destination 3/,
  });
});
