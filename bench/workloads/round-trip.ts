import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SoundCalibration } from '@audiocloud/api';
import { JackCard, jackMissing } from '../../test/jack-card.ts';
import { RunningEngine } from '../../test/running-engine.ts';
import { type Bench, type Row, row, type Workload } from '../row.ts';

/*
 * Calibrates a unit whose send is its return, by cables of a JACK server without hardware. Whatever is late there beyond two
 * periods and what the device says it adds by itself is unexplained.
 */
const PERIODS = [128, 256];
const UNIT = 'generic:line-preamp:left';
const driver = join(import.meta.dirname, '../../plugins/devices/generic-line-preamp');
const RACK = {
  device: { kind: 'web-audio', inputs: 2 },
  instances: [{ id: UNIT, driver, simulate: true, sound: { send: [1], return: [1] } }],
};

async function measure(periodFrames: number): Promise<{ own: number; calibration: SoundCalibration }> {
  const card = await JackCard.start(periodFrames);
  try {
    const dataDir = mkdtempSync(join(tmpdir(), 'round-trip-'));
    writeFileSync(join(dataDir, 'rack.json'), JSON.stringify(RACK));
    const engine = await RunningEngine.start({
      dataDir,
      environment: { ...card.environment, AUDIOCLOUD_DEVICE: 'auto' },
    });
    try {
      await card.closeLoop();
      const link = await engine.link();
      const { device } = await link.command('hello', { protocol: 1 });
      const calibration = await link.command('calibrate-fixed', { instance: UNIT });
      return { own: device.inputDelayFrames, calibration };
    } finally {
      await engine.remove();
    }
  } finally {
    await card.stop();
  }
}

async function run({ say, fail }: Bench): Promise<Row[]> {
  const missing = jackMissing();
  const rows: Row[] = [];
  for (const periodFrames of PERIODS) {
    const part = {
      id: `round-trip/${periodFrames}`,
      name: `round trip through JACK, ${periodFrames} frames: beyond two periods and what the device adds`,
      unit: 'frames',
      goal: 0,
    };
    if (missing) {
      rows.push(row({ ...part, value: null, note: missing }));
      continue;
    }
    say(`round trip: ${periodFrames} frames`);
    try {
      const { own, calibration } = await measure(periodFrames);
      const { roundTripFrames, returns } = calibration;
      rows.push(
        row({
          ...part,
          value: roundTripFrames - own - 2 * periodFrames,
          note: `${roundTripFrames} frames in all: two periods of ${periodFrames}, and ${own} that the device adds so that it is always the same; level ${returns[0]!.gainDb.toFixed(4)} dB`,
        }),
      );
    } catch (error) {
      fail(`round trip at ${periodFrames} frames: ${(error as Error).message}`);
    }
  }
  return rows;
}

export const roundTrip: Workload = {
  id: 'round-trip',
  name: 'Round trip through hardware',
  about:
    'A ping through a virtual cable of a JACK server, measured to the frame by audiocloud device calibrate. The goal is two periods and what the device says it adds.',
  run,
};
