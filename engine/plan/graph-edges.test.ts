import { AudioCloudError, type Connection, type ErrorCode, type Task } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { dbToGain, panGains } from './graph-edges.ts';
import { graphOf } from './plan.ts';
import { modelOf } from './testing/models.ts';

const base: Task = {
  sampleRate: 48000,
  tracks: { mono: { channels: 1, clips: [] }, stereo: { channels: 2, clips: [] }, six: { channels: 6, clips: [] } },
  buses: { down: { inputChannels: 4, outputChannels: 2 } },
  instances: { strip: { model: 'test:strip' }, source: { model: 'test:source' } },
  sinks: { main: { kind: 'stream', channels: 2 }, wide: { kind: 'stream', channels: 6 } },
};

const wiresOf = (wire: Connection) => graphOf({ ...base, connections: { wire } }, modelOf).edges[0]!.wires;

/** The connection is refused with this code, and the message names these things. */
function refuses(t: Test, wire: Connection, code: ErrorCode, ...names: string[]): void {
  try {
    wiresOf(wire);
    t.fail(`${JSON.stringify(wire)} was taken`);
  } catch (error) {
    if (!(error instanceof AudioCloudError)) throw error;
    t.equal(error.code, code, error.message);
    for (const name of ['wire', ...names]) t.ok(error.message.includes(name), `'${error.message}' names ${name}`);
  }
}

t.test('unknown nodes and ports are refused by name', async (t) => {
  refuses(t, { from: { node: 'ghost' }, to: { node: 'main' } }, 'NODE_UNKNOWN', "'ghost'");
  refuses(t, { from: { node: 'mono' }, to: { node: 'ghost' } }, 'NODE_UNKNOWN', "'ghost'");
  for (const node of ['constructor', 'toString', 'valueOf'])
    refuses(t, { from: { node }, to: { node: 'main' } }, 'NODE_UNKNOWN', node);
  refuses(t, { from: { node: 'strip', port: 'aux' }, to: { node: 'main' } }, 'PORT_UNKNOWN', "'aux'", 'out, send');
  refuses(t, { from: { node: 'mono' }, to: { node: 'strip', port: 'out' } }, 'PORT_UNKNOWN', 'strip', 'in, key');
  refuses(t, { from: { node: 'main' }, to: { node: 'wide' } }, 'PORT_UNKNOWN', "sink 'main'", 'none');
  refuses(t, { from: { node: 'mono' }, to: { node: 'stereo' } }, 'PORT_UNKNOWN', "track 'stereo'", 'none');
  refuses(t, { from: { node: 'mono' }, to: { node: 'source' } }, 'PORT_UNKNOWN', "instance 'source'", 'none');
});

t.test('channel counts that do not meet are refused with both', async (t) => {
  refuses(t, { from: { node: 'six' }, to: { node: 'main' } }, 'CHANNELS_MISMATCH', 'six.out', 'main.in', '6', '2');
  refuses(t, { from: { node: 'stereo' }, to: { node: 'wide' } }, 'CHANNELS_MISMATCH', 'channel map');
  refuses(t, { from: { node: 'stereo' }, to: { node: 'strip', port: 'key' } }, 'CHANNELS_MISMATCH', 'strip.key');
});

t.test('a map names channels that are there, each pair once', async (t) => {
  const six = { from: { node: 'six' }, to: { node: 'main' } };
  refuses(t, { ...six, channels: [[6, 0]] }, 'CHANNELS_MISMATCH', '6 -> 0', '6 and 2');
  refuses(t, { ...six, channels: [[0, 2]] }, 'CHANNELS_MISMATCH', '0 -> 2');
  refuses(
    t,
    {
      ...six,
      channels: [
        [3, 1],
        [0, 0],
        [3, 1],
      ],
    },
    'CHANNELS_MISMATCH',
    '3 -> 1',
    'twice',
  );
  t.same(
    wiresOf({
      ...six,
      channels: [
        [5, 0],
        [1, 0],
        [1, 1],
      ],
    }),
    [
      { from: 5, to: 0, gain: 1 },
      { from: 1, to: 0, gain: 1 },
      { from: 1, to: 1, gain: 1 },
    ],
  );
});

t.test('pan takes one or two channels to two', async (t) => {
  refuses(t, { from: { node: 'six' }, to: { node: 'wide' }, pan: 0 }, 'CHANNELS_MISMATCH', '6 to 6');
  refuses(t, { from: { node: 'mono' }, to: { node: 'strip', port: 'key' }, pan: 0 }, 'CHANNELS_MISMATCH', '1 to 1');
  refuses(
    t,
    { from: { node: 'six' }, to: { node: 'main' }, pan: 0, channels: [[0, 0]] },
    'CHANNELS_MISMATCH',
    '6 to 2',
  );
});

t.test('equal widths go one to one, one channel goes to all, ports are numbered through the node', async (t) => {
  const pairs = (wire: Connection) => wiresOf(wire).map(({ from, to }) => [from, to]);
  t.same(pairs({ from: { node: 'stereo' }, to: { node: 'main' } }), [
    [0, 0],
    [1, 1],
  ]);
  t.same(
    pairs({ from: { node: 'mono' }, to: { node: 'wide' } }),
    [0, 1, 2, 3, 4, 5].map((to) => [0, to]),
  );
  t.same(pairs({ from: { node: 'mono' }, to: { node: 'strip', port: 'key' } }), [[0, 2]], 'after the two of in');
  t.same(pairs({ from: { node: 'strip', port: 'send' }, to: { node: 'main' } }), [
    [2, 0],
    [2, 1],
  ]);
});

t.test('gain in dB, and -120 is silence', async (t) => {
  const gainOf = (gainDb: number) => wiresOf({ from: { node: 'stereo' }, to: { node: 'main' }, gainDb })[0]!.gain;
  t.equal(gainOf(0), 1);
  t.equal(gainOf(20), 10);
  t.ok(Math.abs(gainOf(-6) - 0.501187) < 1e-6);
  t.equal(gainOf(-120), 0);
  t.equal(dbToGain(-200), 0);
});

t.test('pan: constant power from one channel, balance from two', async (t) => {
  for (const pan of [-1, -0.6, 0, 0.25, 1]) {
    const [left, right] = panGains(pan, 1);
    t.ok(Math.abs(left ** 2 + right ** 2 - 1) < 1e-12, `power at ${pan}`);
    t.ok(Math.abs(Math.atan2(right, left) - ((pan + 1) * Math.PI) / 4) < 1e-12, `angle at ${pan}`);
  }
  t.ok(Math.abs(20 * Math.log10(panGains(0, 1)[0]) + 3.0103) < 1e-4, '-3.01 dB in the middle');
  t.same(panGains(0, 2), [1, 1]);
  t.equal(panGains(0.3, 2)[1], 1);
  t.equal(panGains(-0.3, 2)[0], 1);
  t.ok(panGains(1, 2)[0] < 1e-12 && panGains(-1, 2)[1] < 1e-12);
});
