import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { stringify } from 'yaml';
import { RunningEngine } from '../../test/running-engine.ts';
import { nulls, PATIENT, rack, STEREO, UNIT } from '../../test/looped-rack.ts';

t.test('what was calibrated holds after a restart, and not with other blocks', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'engine-'));
  writeFileSync(join(dataDir, 'rack.yaml'), stringify(rack));
  let engine = await RunningEngine.start({ dataDir, environment: PATIENT });
  t.teardown(() => engine.remove());
  let link = await engine.link();
  const calibration = await link.command('calibrate-fixed', { instance: UNIT });
  const stereo = await link.command('calibrate-fixed', { instance: STEREO, levelDb: -30 });
  t.match(stereo, { roundTripFrames: 1024, returns: [{ isReversed: false }, { isReversed: true }] });
  await t.rejects(link.command('calibrate-fixed', { instance: 'generic:line-preamp:off' }), {
    code: 'CALIBRATION_FAILED',
    message: /nothing comes back.*return channel 0/,
  });
  // noise of so high a level is above the ceiling between its samples
  await t.rejects(link.command('calibrate-fixed', { instance: UNIT, levelDb: -3 }), {
    code: 'CALIBRATION_FAILED',
    message: /the output guard lowered what was sent on channel 4; give a lower --level/,
  });
  const kept = JSON.parse(readFileSync(join(dataDir, 'calibration.json'), 'utf8'));
  t.match(kept, { [UNIT]: calibration }, 'what was known stays');
  await engine.stop();

  engine = await RunningEngine.start({ dataDir, environment: PATIENT });
  link = await engine.link();
  const { fixed } = await link.command('hello', { protocol: 1 });
  t.match(fixed[0], { id: UNIT, calibration });
  await nulls(t, link, 'after a restart');
  await engine.stop();

  engine = await RunningEngine.start({ dataDir, environment: { ...PATIENT, AUDIOCLOUD_BLOCK_FRAMES: '512' } });
  link = await engine.link();
  const other = await link.command('hello', { protocol: 1 });
  t.equal(other.fixed[0].calibration, undefined, 'what was measured with other blocks does not hold');
});
