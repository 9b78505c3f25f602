import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { FixedRack } from '../engine/adapter/fixed-rack.ts';
import { untilState } from '../engine/adapter/testing/until-state.ts';
import { jackMidi, noJackMidi } from './jack-midi.ts';

const DEVICES = join(import.meta.dirname, '../plugins/devices');
const REVERB = 'generic:midi-reverb:one';
/** Asks for the edit buffer: address 40 00 00, five bytes, and what makes the sum 0. */
const REQUEST = [0xf0, 0x41, 0x10, 0x42, 0x11, 0x40, 0, 0, 0, 0, 5, 0x3b, 0xf7];
const ATTEMPTS = 20;

t.test('a reverb that swallows a value gets it again, through virtual MIDI ports', { skip: noJackMidi }, async (t) => {
  const jack = await jackMidi();
  const device = jack.plugIn('MIDI Reverb 2');
  const rack = new FixedRack({ packages: [jack.adapterFolder] });
  let isOver = false;
  // Its edit buffer: program, decay, pre-delay. What JACK drops on a busy machine it swallows too.
  const buffer = [0, 0, 0, 0, 0];
  const decays: string[] = [];
  let swallows = 0;
  const chosen = { 99: 0, 98: 0 };
  const take = ({ controller, value }: { controller?: number; value?: number }) => {
    if (controller === 99 || controller === 98) chosen[controller] = value!;
    const number = chosen[99] * 128 + chosen[98];
    const at = number === 136 ? 1 : number === 137 ? 3 : undefined;
    if (at === undefined || (controller !== 6 && controller !== 38)) return;
    if (at === 1 && controller === 6) decays.push('');
    if (at === 1) decays[decays.length - 1] += `${value} `;
    if (at === 1 && swallows > 0) swallows -= controller === 38 ? 1 : 0;
    else buffer[at + (controller === 38 ? 1 : 0)] = value!;
  };
  const living = (async () => {
    while (!isOver) {
      const message = (await device.next()) as
        | (Parameters<typeof take>[0] & { _type: string; bytes?: number[] })
        | undefined;
      if (message?._type === 'cc') take(message);
      if (message?._type !== 'sysex' || JSON.stringify(message.bytes) !== JSON.stringify(REQUEST)) continue;
      const data = [0x40, 0, 0, ...buffer];
      const sum = data.reduce((a, b) => a + b, 0);
      device.send('sysex', [0xf0, 0x41, 0x10, 0x42, 0x12, ...data, (128 - (sum % 128)) % 128, 0xf7]);
    }
  })();
  const sensing = setInterval(() => device.send('activesense', {}), 100);
  t.teardown(async () => {
    isOver = true;
    await rack.close();
    await living;
    clearInterval(sensing);
    await device.unplug();
    await jack.end();
  });
  await rack.open({ instances: [{ id: REVERB, driver: 'generic-midi-reverb' }] }, DEVICES);

  /** Sets the decay until the device could say something of it: on a busy machine it is lost now and then. */
  const set = async (seconds: number, swallowed: number) => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      await untilState(rack, REVERB, ({ state }) => state === 'ready');
      decays.length = 0;
      swallows = swallowed;
      try {
        return await rack.set(REVERB, 'decay', 0, seconds);
      } catch (error) {
        const { code } = error as { code?: string };
        if (code === 'VALUE_UNCONFIRMED' && swallowed > 2) return code;
        t.comment(`attempt ${attempt}: ${(error as Error).message}`);
        await sleep(500);
      }
    }
    throw new Error('The reverb was not there in twenty attempts');
  };
  // 0.1 to 20.1 s are 0 to 16383: 10.1 s is 8191.5, rounded up 8192, 64 and 0.
  t.same(await set(10.1, 0), ['confirmed']);
  t.ok(decays.length >= 1 && decays.every((decay) => decay === '64 0 '), decays.join('; '));
  t.same(await set(20.1, 1), ['confirmed'], 'swallowed once');
  t.ok(decays.length >= 2 && decays.every((decay) => decay === '127 127 '), `${decays.length} times on the wire`);
  t.equal(await set(0.1, 3), 'VALUE_UNCONFIRMED', 'swallowed three times');
  t.same(rack.states()[0]!.parameters['decay'], [20.1]);
});
