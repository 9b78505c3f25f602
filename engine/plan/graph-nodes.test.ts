import { AudioCloudError, type ErrorCode, type Task } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { graphOf } from './plan.ts';
import { modelOf } from './testing/models.ts';

const nodeOf = (task: Partial<Task>, name: string) =>
  graphOf({ sampleRate: 48000, ...task }, modelOf).nodes.find((node) => node.name === name)!;

function refuses(t: Test, task: Partial<Task>, code: ErrorCode, ...names: string[]): void {
  try {
    graphOf({ sampleRate: 48000, ...task }, modelOf);
    t.fail(`${JSON.stringify(task)} was taken`);
  } catch (error) {
    if (!(error instanceof AudioCloudError)) throw error;
    t.equal(error.code, code, error.message);
    for (const name of names) t.ok(error.message.includes(name), `'${error.message}' names ${name}`);
  }
}

t.test('an unknown model is refused by its id', async (t) => {
  refuses(t, { instances: { x: { model: 'test:nothing' } } }, 'MODEL_UNKNOWN', 'test:nothing');
});

t.test('a name stands for one node', async (t) => {
  const parts: [string, Partial<Task>][] = [
    ['track', { tracks: { a: { channels: 1, clips: [] } } }],
    ['bus', { buses: { a: { inputChannels: 1 } } }],
    ['instance', { instances: { a: { model: 'test:source' } } }],
    ['sink', { sinks: { a: { kind: 'stream', channels: 1 } } }],
  ];
  for (const [i, [first, one]] of parts.entries())
    for (const [second, other] of parts.slice(i + 1))
      refuses(t, { ...one, ...other }, 'GRAPH_INVALID', "'a'", `a ${first}`, second);
});

t.test('a matrix has a row for each output and a gain for each input', async (t) => {
  const bus = (matrix: number[][]) => ({ buses: { mix: { inputChannels: 3, outputChannels: 2, matrix } } });
  for (const matrix of [
    [],
    [[1, 0, 0]],
    [
      [1, 0],
      [0, 1],
    ],
    [
      [1, 0, 0],
      [0, 1],
    ],
    [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
  ])
    refuses(t, bus(matrix), 'GRAPH_INVALID', "'mix'", '2 rows of 3');
  t.doesNotThrow(() =>
    nodeOf(
      bus([
        [1, 0, 0],
        [0, 1, 0],
      ]),
      'mix',
    ),
  );
});

t.test('widths: given, as wide as another port, or the default', async (t) => {
  const channels = (widths: Record<string, number>) => {
    const { inputs, outputs } = nodeOf({ instances: { s: { model: 'test:strip', widths } } }, 's');
    return Object.fromEntries([...inputs, ...outputs].map((port) => [port.id, port.channels]));
  };
  t.same(channels({}), { in: 2, key: 1, out: 2, send: 1 });
  t.same(channels({ in: 5 }), { in: 5, key: 1, out: 5, send: 1 });
  t.same(channels({ in: 5, out: 3, key: 8 }), { in: 5, key: 8, out: 3, send: 8 });
  const instances = (widths: Record<string, number>) => ({ instances: { s: { model: 'test:strip', widths } } });
  refuses(t, instances({ in: 9 }), 'CHANNELS_MISMATCH', 's.in', '9', '1 to 8');
  refuses(t, instances({ aux: 2 }), 'PORT_UNKNOWN', 's.aux', 'in, key, out, send');
});
