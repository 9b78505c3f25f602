import type { MidiBytes, Task } from '@audiocloud/api';
import t from 'tap';
import { midiBytes, midiPort } from './midi-message.ts';
import type { TaskInstance } from './task-instance.ts';

/** What is asked of an instance here. */
const instance = (name: string, ...ports: string[]) =>
  ({
    name,
    model: { id: `test:${name}` },
    midiPorts: new Map(ports.map((port, number) => [port, number])),
  }) as unknown as TaskInstance;

const instances = new Map([instance('synth', 'keys', 'pads'), instance('gain')].map((one) => [one.name, one]));
const graph: Task = {
  sampleRate: 48000,
  instances: { synth: { model: 'test:synth' }, preamp: { model: 'a:b', fixed: 'a:b:c' } },
};
const find = (place: { instance: string; port?: string }) => midiPort('play', place, graph, instances);

t.test('bytes are one number, the status lowest', (t) => {
  t.equal(midiBytes('play', [0x90, 60, 100]), 0x643c90);
  t.equal(midiBytes('play', [0xef, 0x7f, 0x7f]), 0x7f7fef);
  t.equal(midiBytes('play', [0xc3, 5]), 0x0005c3, 'two bytes where a program');
  t.equal(midiBytes('play', [0xd0, 127]), 0x7fd0, 'or a pressure is one');
  t.end();
});

t.test('what is no message is refused by its bytes, with what is wanted', (t) => {
  const wrong: [MidiBytes, RegExp][] = [
    [[0x7f, 60, 100], /Cannot play: \[127, 60, 100\] is no MIDI message; .*128 to 239 and two data bytes below 128/],
    [[0xf0, 1, 2], /\[240, 1, 2\]/],
    [[0x90, 128, 0], /\[144, 128, 0\]/],
    [[0x90, 0, 200], /\[144, 0, 200\]/],
    [[0x90, 60], /\[144, 60\] .*two data bytes/],
    [[0xc0, 5, 0], /\[192, 5, 0\] .*one data byte /],
    [[0xd0, 200], /one data byte /],
    [[], /\[\] is no MIDI message/],
  ];
  for (const [bytes, message] of wrong) t.throws(() => midiBytes('play', bytes), { code: 'PARAMETER_VALUE', message });
  t.end();
});

t.test('a midi input goes by its id; without one it is the first', (t) => {
  t.match(find({ instance: 'synth' }), { instance: { name: 'synth' }, port: 0 });
  t.match(find({ instance: 'synth', port: 'pads' }), { instance: { name: 'synth' }, port: 1 });
  t.throws(() => find({ instance: 'synth', port: 'ghost' }), {
    code: 'PORT_UNKNOWN',
    message: /Cannot play: test:synth has the midi inputs keys, pads/,
  });
  t.throws(() => find({ instance: 'gain' }), { code: 'PORT_UNKNOWN', message: /test:gain has no midi input/ });
  t.throws(() => find({ instance: 'ghost' }), { code: 'NODE_UNKNOWN', message: /no instance 'ghost'/ });
  t.throws(() => find({ instance: 'preamp' }), { code: 'GRAPH_INVALID', message: /'preamp' is a fixed instance/ });
  t.throws(() => find({ instance: 'toString' }), { code: 'NODE_UNKNOWN' });
  t.end();
});
