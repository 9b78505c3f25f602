import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { RunningEngine } from '../../test/running-engine.ts';
import { RunningCommand } from '../testing/run-command.ts';

const UNIT = 'generic:line-preamp:left';
const driver = join(import.meta.dirname, '../../plugins/devices/generic-line-preamp');
const environment = { AUDIOCLOUD_DEVICE: 'auto', AUDIOCLOUD_BLOCK_FRAMES: '1024', AUDIOCLOUD_BUFFER_BLOCKS: '64' };

t.test('a unit is calibrated from the command line by the engine that runs', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'calibrate-'));
  t.teardown(() => rmSync(dataDir, { recursive: true, force: true }));
  const loop = [{ output: 0, input: 1, frames: 1500, gainDb: -3, isReversed: true }];
  const unit = (id: string, send: number) => ({ id, driver, simulate: true, sound: { send: [send], return: [1] } });
  const instances = [unit(UNIT, 0)];
  const device = { kind: 'paced', inputs: 2, loop };
  writeFileSync(join(dataDir, 'rack.json'), JSON.stringify({ device, instances }));
  const calibrate = (...args: string[]) =>
    new RunningCommand(['device', 'calibrate', ...args, '--data', dataDir], environment).finished;

  const engine = await RunningEngine.start({ dataDir, environment });
  t.teardown(() => engine.stop());
  const told = await calibrate(UNIT, '--keep-level', '--level', '-40');
  t.equal(told.code, 0, told.stderr);
  t.match(told.stdout, /round trip: 1500 frames, 31\.25 ms/);
  t.match(told.stdout, /return 1: -3\.00 dB/);
  t.match(told.stdout, /polarity is REVERSED/);
  const kept = JSON.parse(readFileSync(join(dataDir, 'calibration.json'), 'utf8'))[UNIT];
  t.match(kept, { roundTripFrames: 1500, isLevelKept: true });

  const refused = await calibrate('generic:line-preamp:none');
  t.match(refused, { code: 1, stderr: /FIXED_INSTANCE_UNKNOWN/ });
  const wrong = await calibrate(UNIT, '--level', '3');
  t.equal(wrong.code, 2);
  t.match(wrong.stderr, /wanted decibels from -60 to -3/);
});
