import type { AudioCloudError } from '@audiocloud/api';
import t from 'tap';
import { loadWat } from './fixtures/wat-plugin.ts';
import { EVENT, EVENT_ALL } from './layout.ts';
import { loadPlugin } from './load-plugin.ts';
import { Probe } from './probe.ts';

const options = { sampleRate: 48000, maxFrames: 64 };
const through = () => new Probe(loadWat({}), 'test:through', options);
const tremolo = (more: object) =>
  new Probe(loadPlugin(new URL('../../examples/plugins/c-tremolo', import.meta.url).pathname), 'example:tremolo', {
    ...options,
    ...more,
  });

t.test('probe renders sounds of any length in blocks of any size', async (t) => {
  const input = Float32Array.from({ length: 1000 }, (_, frame) => frame);
  for (const block of [1, 64, [5, 64, 33]]) t.strictSame(through().render([input], { block }).outputs, [input]);
  t.equal(through().render([], { frames: 100 }).outputs[0]!.length, 100);
});

t.test('probe writes events in their places', async (t) => {
  const probe = tremolo({});
  probe.writeEvents([
    { frame: 3, parameter: 'rate', value: 7.5 },
    { frame: 9, parameter: 'depth', value: 50, index: 0, rampFrames: 480 },
    { frame: 9, parameter: 'depth', value: 1 },
  ]);
  const bytes = new DataView(probe.memory.memory.buffer, probe.memory.word(probe.layout, 40));
  const read = (at: number) => [
    bytes.getUint32(at + EVENT.frame, true),
    bytes.getUint16(at + EVENT.type, true),
    bytes.getUint16(at + EVENT.size, true),
    bytes.getUint32(at + EVENT.id, true),
    bytes.getUint32(at + EVENT.aux, true),
    bytes.getFloat64(at + EVENT.value, true),
  ];
  t.strictSame(read(0), [3, 1, 24, 0, EVENT_ALL, 7.5]);
  t.strictSame(read(24), [9, 2, 32, 1, 0, 50]);
  t.equal(bytes.getUint32(24 + EVENT.rampFrames, true), 480);
  t.strictSame(read(56), [9, 1, 24, 1, EVENT_ALL, 1]);
  t.equal(probe.memory.word(probe.layout, 48), 3);
});

t.test('probe flags silent inputs, and only those', async (t) => {
  const probe = tremolo({ widths: { in: 3 } });
  t.equal(probe.inputChannels, 3);
  t.equal(probe.outputChannels, 3, 'the output is as wide as the input');
  probe.process([new Float32Array(64), new Float32Array(64).fill(0.1)], 64);
  t.equal(probe.memory.word(probe.layout, 84), 0b101);
});

t.test('probe keeps to what the model says', async (t) => {
  const code = (run: () => unknown) => {
    try {
      run();
      return 'accepted';
    } catch (error) {
      return (error as AudioCloudError).code;
    }
  };
  t.equal(
    code(() => new Probe(loadWat({}), 'test:gone', options)),
    'MODEL_UNKNOWN',
  );
  t.equal(
    code(() => through().process([], 64, [{ frame: 0, parameter: 'gone', value: 1 }])),
    'PARAMETER_UNKNOWN',
  );
  t.equal(
    code(() => tremolo({ widths: { in: 65 } })),
    'INSTANCE_FAILED',
    'the plugin refuses 65 channels',
  );
});

t.test('probe gives back what it took', async (t) => {
  const first = tremolo({});
  const { memory } = first;
  const round = () => tremolo({ memory, parameters: { depth: 10 } }).dispose();
  for (let i = 0; i < 20; i++) round();
  const { byteLength } = memory.memory.buffer;
  for (let i = 0; i < 100; i++) round();
  t.equal(memory.memory.buffer.byteLength, byteLength);
});

t.test('a state carries the settings to another instance', async (t) => {
  const first = tremolo({ parameters: { depth: 70, rate: 9 } });
  const second = tremolo({});
  second.loadState(first.saveState());
  const input = Float32Array.from({ length: 4000 }, (_, frame) => Math.sin(frame));
  t.strictSame(second.render([input]).outputs, first.render([input]).outputs);
});
