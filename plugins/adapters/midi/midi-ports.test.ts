import t from 'tap';
import { pairPorts, stableName } from './midi-ports.ts';

t.test('stableName leaves out what changes at each plug', async (t) => {
  t.equal(stableName('UM-ONE:UM-ONE MIDI 1 20:0'), 'UM-ONE:UM-ONE MIDI 1');
  t.equal(stableName('RtMidi Output Client-03:Synth'), 'Synth');
  t.equal(stableName('RtMidi Input Client:Synth 128:0'), 'Synth');
});

t.test('pairPorts joins both directions of a device and keeps equal names apart', async (t) => {
  t.same(
    pairPorts(
      ['Box:Box 20:0', 'Box:Box 24:0', 'RtMidi Input Client:RtMidi Input'],
      ['Lamp 30:0', 'Box:Box 20:0', 'Box:Box 24:0'],
    ),
    [
      { id: 'Box:Box', attributes: { name: 'Box:Box', input: 'Box:Box 20:0', output: 'Box:Box 20:0' } },
      { id: 'Box:Box #2', attributes: { name: 'Box:Box #2', input: 'Box:Box 24:0', output: 'Box:Box 24:0' } },
      { id: 'Lamp', attributes: { name: 'Lamp', output: 'Lamp 30:0' } },
    ],
  );
});
