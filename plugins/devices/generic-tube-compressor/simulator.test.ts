import t from 'tap';
import { witnessedUnit } from '../../../engine/adapter/testing/witnessed-unit.ts';
import { TickedDevice } from '../../testing/ticked-device.ts';
import { tubeCompressor } from './device.ts';

const zeros = (bytes: number) => '00'.repeat(bytes);

t.test('its driver meets it in pages, and its meter follows the sound', async (t) => {
  const unit = await witnessedUnit(t, 'generic-tube-compressor');
  const [first] = await unit.next(1);
  t.equal(first!.hex, `0004${zeros(63)}`, 'on a connection');
  const knobs = ['threshold', 'ratio', 'attack', 'release', 'feed', 'elliptic'];
  for (const [place, id] of knobs.entries()) {
    const got = await unit.set(id, 100, 0);
    t.equal(got.hex, `0004${'7f'.repeat(place + 1)}${zeros(62 - place)}`, `${id}, left`);
    t.match(got.state, { channels: [{ [id]: 100 }, { [id]: 0 }], refused: 0 }, id);
  }
  for (const [place, id] of knobs.entries()) {
    const got = await unit.set(id, 100, 1);
    t.equal(got.hex, `0004${'7f'.repeat(7 + place)}${zeros(56 - place)}`, `${id}, right`);
    t.match(got.state, { channels: [{ [id]: 100 }, { [id]: 100 }], refused: 0 }, id);
  }
  for (const [place, id] of ['control', 'emphasis', 'output'].entries()) {
    const got = await unit.set(id, 50);
    // half of 127 is 63.5
    t.equal(got.hex, `0004${'7f'.repeat(12)}${'40'.repeat(place + 1)}${zeros(50 - place)}`, id);
    t.ok(Math.abs(Number(got.state[id]) - 50) < 0.5, id);
  }
  const type = await unit.set('outputType', 2);
  t.equal(type.hex, `0004${'7f'.repeat(12)}40404002${zeros(47)}`);
  t.match(type.state, { outputType: 2, refused: 0 });

  // Fast: attack and release at 0. The threshold is -40 dB, the ratio 10: of 20 dB too much 18 are taken off.
  for (const id of ['attack', 'release']) for (const index of [0, 1]) await unit.set(id, 0, index);
  unit.hear(-20, -120);
  const reduction = (state: { reports: Record<string, unknown[]> }) => Number(state.reports['gainReduction']?.[0]);
  await unit.until((state) => Math.abs(reduction(state) + 18) < 0.1);
  unit.hear(-120, -120);
  await unit.until((state) => reduction(state) === 0);
  t.equal(unit.rack.garbageCount(unit.id), 0);
});

t.test('its report is page 5, byte for byte, and of the channel that reduces more', async (t) => {
  const tube = new TickedDevice(tubeCompressor);
  tube.hear(0, 0);
  tube.wait(1);
  t.equal(tube.last, `0005${zeros(63)}`, 'a ratio of 1 takes nothing off');
  // Right: threshold and ratio at their ends.
  tube.receive(`0004${zeros(6)}7f7f${zeros(55)}`);
  tube.hear(0, -30);
  tube.wait(2);
  // 10 dB too much at 10:1 are 9 dB: 127 x 9 / 20 = 57.15
  t.equal(tube.last, `000539${zeros(62)}`);
  tube.hear(0, 0);
  tube.wait(2);
  t.equal(tube.last, `00057f${zeros(62)}`, '36 dB are more than the meter has');
  tube.receive(`0004${'80'}${zeros(62)}`);
  tube.receive(`0004${zeros(15)}03${zeros(47)}`);
  tube.receive('0004');
  t.equal(tube.state['refused'], 3);
});
