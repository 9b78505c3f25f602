import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { openSimulator } from '@audiocloud/engine';
import t from 'tap';
import { openMidi } from '../cli/simulate/midi-port.ts';
import { SimulatedUnit } from '../cli/simulate/simulated-unit.ts';
import { FixedRack } from '../engine/adapter/fixed-rack.ts';
import { untilState } from '../engine/adapter/testing/until-state.ts';
import { jackMidi, noJackMidi } from './jack-midi.ts';

const DEVICES = join(import.meta.dirname, '../plugins/devices');
const REVERB = 'generic:midi-reverb:one';

t.test(
  'a reverb on a virtual MIDI port gets its messages and dumps its edit buffer',
  { skip: noJackMidi },
  async (t) => {
    const jack = await jackMidi();
    const { device, simulator } = await openSimulator(join(DEVICES, 'generic-midi-reverb'));
    const received: string[] = [];
    const unit = await SimulatedUnit.start({
      name: 'MIDI Reverb 1',
      driver: device.driver,
      simulator,
      openPort: (wanted) => openMidi(pathToFileURL(join(jack.adapterFolder, 'index.ts')), wanted),
      link: '',
      port: 0,
      onEvent: (event) => {
        if (event.event === 'received') received.push(Buffer.from(event.bytes).toString('hex'));
      },
    });
    const rack = new FixedRack({ packages: [jack.adapterFolder] });
    t.teardown(async () => {
      await rack.close();
      await unit.close();
      await jack.end();
    });
    await rack.open({ instances: [{ id: REVERB, driver: 'generic-midi-reverb' }] }, DEVICES);
    await untilState(rack, REVERB, ({ state }) => state === 'ready');

    // JACK drops what falls into a cycle that a busy machine misses: a value is set until it is held.
    for (const [parameter, value, name, held] of [
      ['program', 6, 'program', 6],
      ['mix', 100, 'controller 20', 127],
      ['decay', 20.1, 'decay', 16383],
      ['preDelay', 250, 'preDelay', 8192],
    ] as const) {
      for (let attempt = 0; attempt < 20 && unit.state[name] !== held; attempt++) {
        await untilState(rack, REVERB, ({ state }) => state === 'ready');
        await rack.set(REVERB, parameter, 0, value);
        for (let waited = 0; waited < 1000 && unit.state[name] !== held; waited += 20) await sleep(20);
      }
      t.equal(unit.state[name], held, parameter);
    }
    // By hand; a NRPN is four messages on the cable.
    for (const message of ['c005', 'b0147f', 'b06301', 'b06208', 'b0067f', 'b0267f', 'b06209', 'b00640'])
      t.ok(received.includes(message), message);
    const dumped = untilState(
      rack,
      REVERB,
      ({ reports }) => reports['editProgram']?.[0] === 6 && Math.abs(Number(reports['editDecay']?.[0]) - 20.1) < 0.001,
    );
    // JACK cuts off a client that is late by half a second: then the cable is pulled and put back.
    while (!(await Promise.race([dumped, sleep(5000, undefined, { ref: false })]))) {
      t.comment('the cable is put back');
      await unit.fault('unplug');
      await untilState(rack, REVERB, ({ state }) => state === 'disconnected');
      await unit.fault('none');
    }
    t.ok(received.includes('f041104211400000000005' + '3b' + 'f7'), 'the request');

    await unit.fault('silence');
    await untilState(rack, REVERB, ({ state }) => state !== 'ready');
    t.pass('without active sensing it is lost');
    await unit.fault('none');
    await untilState(rack, REVERB, ({ state }) => state === 'ready');
  },
);
