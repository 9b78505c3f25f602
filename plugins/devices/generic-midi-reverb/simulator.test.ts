import t from 'tap';
import { witnessedUnit } from '../../../engine/adapter/testing/witnessed-unit.ts';
import { TickedDevice } from '../../testing/ticked-device.ts';
import { midiReverb } from './device.ts';

/** 40 + 00 + 00 + 00 + 00 + 05 = 45, and 3b makes 80. */
const ASK = 'f041104211' + '400000' + '000005' + '3b' + 'f7';

t.test('its driver meets it in messages', async (t) => {
  const unit = await witnessedUnit(t, 'generic-midi-reverb', [ASK]);
  const first = await unit.next(15);
  // 50 % of 127 is 63.5; 2.1 s is a tenth of 16383, 1638 = 12 * 128 + 102.
  t.same(
    first.map(({ hex }) => hex),
    [
      'c000',
      ...['14', '15', '16', '17', '18', '19', '1a', '1b', '1c', '1d', '1e', '1f'].map(
        (controller) => `b0${controller}40`,
      ),
      'b06301b06208b0060cb02666',
      'b06301b06209b00600b02600',
    ],
    'on a connection',
  );
  t.match(first[14]!.state, { program: 1, 'controller 20': 64, 'controller 31': 64, decay: 1638, preDelay: 0 });
  t.match(await unit.set('program', 128), { hex: 'c07f', state: { program: 128 } });
  t.match(await unit.set('mix', 100), { hex: 'b0147f', state: { 'controller 20': 127 } });
  t.match(await unit.set('duck', 0), { hex: 'b01f00', state: { 'controller 31': 0 } });
  t.match(await unit.set('decay', 20.1), { hex: 'b06301b06208b0067fb0267f', state: { decay: 16383 } });
  const last = await unit.set('preDelay', 250);
  // half of 16383 is 8191.5: 8192 = 64 * 128
  t.match(last, { hex: 'b06301b06209b00640b02600', state: { preDelay: 8192, refused: 0 } });
  const { reports } = await unit.until(({ reports }) => reports['editProgram']?.[0] === 128);
  t.ok(Math.abs(Number(reports['editDecay']![0]) - 20.1) < 0.001);
  t.equal(unit.rack.garbageCount(unit.id), 0);

  // Active sensing that is no longer heard is an unplug.
  unit.fault('silence');
  const lost = await unit.until(({ state }) => state !== 'ready');
  t.match(lost.error?.message, /silent for 330 ms/);
});

t.test('it says that it is there, and dumps its edit buffer when it is asked rightly', async (t) => {
  const reverb = new TickedDevice(midiReverb);
  reverb.wait(0.3);
  t.same(reverb.said.splice(0), ['fe', 'fe', 'fe']);
  // Program 5, decay 12 * 128 + 102, pre-delay 16383, in running status and with a clock between.
  reverb.receive('c005b06301' + '6208' + '060c' + 'f8' + '2666' + '6209' + '067f' + '267f');
  reverb.receive(ASK.slice(0, 12));
  reverb.receive(`fe${ASK.slice(12)}`);
  // 40 00 00 05 0c 66 7f 7f: 437, and 4b makes 512.
  t.same(reverb.said, ['f041104212' + '400000' + '050c667f7f' + '4b' + 'f7']);
});

t.test('a wrong checksum, another device and unknown numbers have no answer', async (t) => {
  const reverb = new TickedDevice(midiReverb);
  reverb.receive('f041104211' + '400000' + '000005' + '3c' + 'f7');
  reverb.receive('f041114211' + '400000' + '000005' + '3b' + 'f7');
  reverb.receive('f04110421140b00110');
  reverb.receive('b06302b06208b0067fb0267f');
  reverb.receive('b0077f');
  t.same(reverb.said, []);
  t.equal(reverb.state['refused'], 5, 'two requests, controller 1, a number, controller 7');
  t.equal(reverb.state['decay'], 0);
});
