import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { stringify } from 'yaml';
import { RunningEngine } from '../../test/running-engine.ts';
import { GAIN_DB, nulls, PATIENT, rack, TRIP, UNIT } from '../../test/looped-rack.ts';

t.test('a unit is calibrated, and its sound cancels against the way beside it', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'engine-'));
  writeFileSync(join(dataDir, 'rack.yaml'), stringify(rack));
  const engine = await RunningEngine.start({ dataDir, environment: PATIENT });
  t.teardown(() => engine.remove());
  const link = await engine.link();
  const { device, refused } = await link.command('hello', { protocol: 1 });
  t.match(device, { kind: 'paced', outputChannels: 6, inputChannels: 6 });
  t.same(refused, []);

  const calibration = await link.command('calibrate-fixed', { instance: UNIT });
  t.match(calibration, {
    device: 'paced',
    blockFrames: 1024,
    roundTripFrames: TRIP,
    sound: { send: [4], return: [1] },
  });
  t.match(calibration.returns, [{ isReversed: false }]);
  t.ok(Math.abs(calibration.returns[0].gainDb - GAIN_DB) < 0.001, `${calibration.returns[0].gainDb} dB`);
  t.match(JSON.parse(readFileSync(join(dataDir, 'calibration.json'), 'utf8')), { [UNIT]: calibration });

  for (const [instance, code, message] of [
    ['generic:line-preamp:mute', 'FIXED_INSTANCE_UNAVAILABLE', /`sound: \{ send, return \}`/],
    ['generic:line-preamp:far', 'CHANNELS_MISMATCH', /its send is channel 6, and the paced device has 6/],
    ['generic:line-preamp:none', 'FIXED_INSTANCE_UNKNOWN', /none/],
  ] as const)
    await t.rejects(link.command('calibrate-fixed', { instance }), { code, message });

  await nulls(t, link, 'calibrated just now');
  await t.rejects(link.command('calibrate-fixed', { instance: UNIT }), {
    code: 'FIXED_INSTANCE_UNAVAILABLE',
    message: /task null plays on it/,
  });
});
