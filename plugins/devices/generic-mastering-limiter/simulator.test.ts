import t from 'tap';
import { witnessedUnit } from '../../../engine/adapter/testing/witnessed-unit.ts';
import { TickedDevice } from '../../testing/ticked-device.ts';
import { masteringLimiter } from './device.ts';

const zeros = (bytes: number) => '00'.repeat(bytes);
/** The page of the defaults, by hand: see driver.test.ts. */
const DEFAULTS = `0080000096006400640080${'01010a'.repeat(2)}02${zeros(47)}`;

t.test('its driver meets it in pages, and its meters follow the sound', async (t) => {
  const unit = await witnessedUnit(t, 'generic-mastering-limiter');
  const [first] = await unit.next(1);
  t.equal(first!.hex, DEFAULTS, 'on a connection');
  t.match(first!.state, { inputDb: 0, outputDb: 0, attackMs: 10, releaseMs: 100, isProcessing: true, refused: 0 });
  const steps: [string, number | boolean, string, object][] = [
    ['inputLevel', 20, `008000c896006400640080${'01010a'.repeat(2)}02${zeros(47)}`, { inputDb: 20 }],
    ['outputLevel', -15, `008000c800006400640080${'01010a'.repeat(2)}02${zeros(47)}`, { outputDb: -15 }],
    ['attack', 2500, `008000c80061a800640080${'01010a'.repeat(2)}02${zeros(47)}`, { attackMs: 2500 }],
    ['release', 1300, `008000c80061a805140080${'01010a'.repeat(2)}02${zeros(47)}`, { releaseMs: 1300 }],
    ['amount', 100, `008000c80061a80514ff80${'01010a'.repeat(2)}02${zeros(47)}`, { amount: 100 }],
    ['width', 0, `008000c80061a80514ff00${'01010a'.repeat(2)}02${zeros(47)}`, { width: 0 }],
    ['evenDrive', 100, `008000c80061a80514ff0015010a01010a02${zeros(47)}`, { even: { drive: 100 } }],
    ['oddAmount', 50, `008000c80061a80514ff0015010a010b0a02${zeros(47)}`, { odd: { amount: 50 } }],
    ['evenFrequency', 23000, `008000c80061a80514ff00150120010b0a02${zeros(47)}`, { even: { frequency: 32 } }],
    ['oddEnable', true, `008000c80061a80514ff00150120010b0a42${zeros(47)}`, { odd: { isOn: true } }],
    ['midSide', true, `008000c80061a80514ff00150120010b0a52${zeros(47)}`, { isMidSide: true }],
    ['attack', 1, `008000c800000a0514ff00150120010b0a52${zeros(47)}`, { attackMs: 1 }],
    ['release', 10, `008000c800000a000aff00150120010b0a52${zeros(47)}`, { releaseMs: 10 }],
  ];
  for (const [id, value, bytes, state] of steps) {
    const got = await unit.set(id, value);
    t.equal(got.hex, bytes, id);
    t.match(got.state, { ...state, refused: 0 }, id);
  }

  // -6 dB and 20 dB of input level are 14 dB above its threshold; -15 dB of output level keep that from clipping.
  unit.hear(-6, -40);
  const reduced = ({ reports }: { reports: Record<string, unknown[]> }) => Number(reports['gainReduction']?.[0]);
  const loud = await unit.until((state) => Math.abs(reduced(state) + 14) < 0.1 && state.reports['peak']?.[1] === -20);
  t.equal(loud.reports['gainReduction']![1], 0);
  t.equal(loud.reports['peak']![0], 14);
  t.same(loud.reports['clipped'], [false, false]);
  unit.hear(-120, -120);
  await unit.until((state) => reduced(state) === 0 && state.reports['peak']?.[0] === -36);
  t.equal(unit.rack.garbageCount(unit.id), 0);
});

t.test('its report is page 1, byte for byte', async (t) => {
  const limiter = new TickedDevice(masteringLimiter);
  limiter.receive(DEFAULTS);
  limiter.hear(-6, -120);
  limiter.wait(5);
  // No reduction is 1024 = 00 04; -6 dB is -60 = ff c4; RMS -9 dB is -90 = ff a6; the floor -36 dB is -360 = fe 98.
  t.equal(limiter.last, `0001${'0004' + '00' + 'ffc4' + 'ffa6'}${'0004' + '00' + 'fe98' + 'fe98'}${zeros(49)}`);
  limiter.hear(6.02, -120);
  limiter.wait(5);
  // Half the gain is 512 = 00 02; 6.02 dB is 60 = 00 3c; RMS 3.02 dB is 30 = 00 1e. What is above 0 dB was taken off: no clip.
  t.equal(limiter.last, `0001${'0002' + '00' + '003c' + '001e'}${'0004' + '00' + 'fe98' + 'fe98'}${zeros(49)}`);
});

t.test('attack and release are as they are set, and without processing it clips', async (t) => {
  const limiter = new TickedDevice(masteringLimiter);
  const reduction = () => (limiter.state['reductionDb'] as number[])[0]!;
  // attack 1000 ms = 10000 = 27 10, release 500 ms = 01 f4
  limiter.receive(`0080000096271001f40080${'01010a'.repeat(2)}02${zeros(47)}`);
  limiter.hear(10, 10);
  limiter.wait(1);
  t.ok(Math.abs(reduction() - 10 * (1 - 1 / Math.E)) < 0.01, `63 % of 10 dB after the attack: ${reduction()}`);
  limiter.wait(20);
  limiter.hear(-120, -120);
  limiter.wait(0.5);
  t.ok(Math.abs(reduction() - 10 / Math.E) < 0.01, `37 % after the release: ${reduction()}`);
  limiter.receive(`0080000096271001f40080${'01010a'.repeat(2)}00${zeros(47)}`);
  limiter.hear(10, 10);
  limiter.wait(20);
  t.equal(reduction(), 0);
  t.equal(limiter.last.slice(8, 10), '01', 'clip');
  limiter.receive(`008000c9${DEFAULTS.slice(8)}`);
  limiter.receive('0080');
  t.equal(limiter.state['refused'], 2, 'a level that cannot be, and half a page');
});
