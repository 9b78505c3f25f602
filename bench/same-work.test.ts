import t from 'tap';
import { levelDifferenceDb, nullDb } from './same-work.ts';
import { sinePlane } from './signals.ts';

const FRAMES = 4800;
const FROM = 1000;
const TO = 3000;
const sine = (amplitude: number, frequencyHz = 750) => sinePlane(frequencyHz, amplitude, FRAMES);

t.test('the level of the worst channel is compared', async (t) => {
  const ours = [sine(0.5), sine(0.5)];
  // 20 log10(0.55 / 0.5) = 0.828 dB
  const difference = levelDifferenceDb(ours, [sine(0.5), sine(0.55)], FROM, TO);
  t.ok(Math.abs(difference - 0.828) < 0.001, `${difference}`);
  t.throws(() => levelDifferenceDb(ours, [sine(0.5)], FROM, TO), /1 channels, ours has 2/);
  t.throws(() => levelDifferenceDb([new Float32Array(FRAMES)], [sine(0.5)], FROM, TO), /silent/);
});

t.test('a null finds the shift, and what is left in dB of ours', async (t) => {
  const ours = [sine(0.5, 770)]; // no whole number of frames in a period
  const later = new Float32Array(FRAMES);
  later.set(ours[0]!.subarray(0, FRAMES - 128), 128);
  const shifted = nullDb(ours, [later], FROM, TO);
  t.equal(shifted.shiftFrames, 128);
  t.equal(shifted.dB, -Infinity);
  // 0.1 % more: 20 log10(0.001) = -60 dB
  const louder = nullDb(ours, [ours[0]!.map((x) => x * 1.001)], FROM, TO);
  t.ok(Math.abs(louder.dB + 60) < 0.1, `${louder.dB}`);
  const other = nullDb(ours, [sine(0.5, 900)], FROM, TO);
  t.ok(other.dB > -10, `another frequency leaves ${other.dB} dB`);
});
