import { setTimeout as sleep } from 'node:timers/promises';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { FixedRack } from '../engine/adapter/fixed-rack.ts';
import { untilState } from '../engine/adapter/testing/until-state.ts';
import { jackMidi, type MidiMessage, noJackMidi } from './jack-midi.ts';

const DEVICES = join(import.meta.dirname, '../plugins/devices');
const EFFECT = 'generic:cc-effect:one';

/** Controller 20 of channel 1 as easymidi reads the bytes b0 14 vv. */
const mixMessage = (value: number): MidiMessage => ({ _type: 'cc', channel: 0, controller: 20, value });

t.test('a MIDI device gets its bytes, tells its level, is missed and found again', { skip: noJackMidi }, async (t) => {
  const jack = await jackMidi();
  let device = jack.plugIn('CC Effect 7');
  const rack = new FixedRack({ packages: [jack.adapterFolder] });
  t.teardown(async () => {
    await rack.close();
    await device.unplug();
    await jack.end();
  });

  const replug = async () => {
    await device.unplug();
    await untilState(rack, EFFECT, ({ state }) => state === 'disconnected');
    device = jack.plugIn('CC Effect 7');
  };
  /**
   * What arrives after `act`, which is done again when nothing does: JACK drops what falls into a cycle that a busy machine misses,
   * and clients that are late by half a second.
   */
  const heardAfter = async (act: () => Promise<unknown>) => {
    for (let attempt = 0; attempt < 10; attempt++) {
      await act();
      const message = await device.next();
      if (message) return message;
      t.comment('a message was lost');
    }
    throw new Error('The device received nothing in ten attempts');
  };

  await rack.open({ instances: [{ id: EFFECT, driver: 'generic-cc-effect' }] }, DEVICES);
  let isPlugged = false;
  const first = await heardAfter(async () => {
    if (isPlugged) await replug();
    isPlugged = true;
    await untilState(rack, EFFECT, ({ state }) => state === 'ready');
  });
  t.same(first, mixMessage(0), 'every parameter is sent on connection');
  await untilState(rack, EFFECT, ({ state }) => state === 'ready');

  // 0 to 100 % is 0 to 127, by hand: 50 % is 63.5, rounded up.
  for (const [percent, byte] of [
    [50, 64],
    [100, 127],
    [0.3, 0],
    [0.4, 1],
  ] as const) {
    t.same(await heardAfter(() => rack.set(EFFECT, 'mix', 0, percent)), mixMessage(byte), `${percent} %`);
  }

  const told = async (level: number, send: () => void) => {
    const isTold = untilState(rack, EFFECT, ({ reports }) => reports['level']?.[0] === level).then(() => true);
    for (let attempt = 0; attempt < 10; attempt++) {
      send();
      if (await Promise.race([isTold, sleep(3000, false, { ref: false })])) return;
      t.comment('a message was lost');
      await replug();
      await untilState(rack, EFFECT, ({ state }) => state === 'ready');
    }
    throw new Error(`The level of ${level} % did not come in ten attempts`);
  };
  await told(100, () => {
    device.send('cc', { channel: 1, controller: 21, value: 5 });
    device.send('noteon', { channel: 0, note: 21, velocity: 5 });
    device.send('cc', { channel: 0, controller: 21, value: 127 });
  });
  await told(0, () => device.send('cc', { channel: 0, controller: 21, value: 0 }));
  t.equal(rack.garbageCount(EFFECT), 0);

  // The least of some readings: while ports are listed, twice a second, descriptors more are open for a moment.
  const descriptors = async () => {
    const counts: number[] = [];
    for (let reading = 0; reading < 12; reading++) {
      counts.push((await readdir(`/proc/${rack.processes()[0]!.pid}/fd`)).length);
      await sleep(70);
    }
    return Math.min(...counts);
  };
  // The first cycle is not counted: it lets go of what only the start had opened.
  let before = 0;
  for (let cycle = 0; cycle < 4; cycle++) {
    if (cycle === 1) before = await descriptors();
    await device.unplug();
    await untilState(rack, EFFECT, ({ state }) => state === 'disconnected');
    await t.rejects(rack.set(EFFECT, 'mix', 0, 1), { code: 'FIXED_INSTANCE_UNAVAILABLE' });
    device = jack.plugIn('CC Effect 7');
    let isFirst = true;
    const again = await heardAfter(async () => {
      if (!isFirst) await replug();
      isFirst = false;
      await untilState(rack, EFFECT, ({ state }) => state === 'ready');
    });
    t.same(again, mixMessage(1), 'the last value is sent again');
  }
  // what is leaked is never closed; what is only open for a moment is, however busy the machine
  let after = await descriptors();
  for (let attempt = 0; attempt < 10 && after > before; attempt++) after = await descriptors();
  t.equal(after, before, 'no descriptor stays open');
});
