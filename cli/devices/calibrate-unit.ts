import { AudioCloudError, check, SoundCalibration } from '@audiocloud/api';
import { type CalibrateOptions, Engine, engineSettings } from '@audiocloud/engine';
import { EngineLine } from '../engine-check/engine-line.ts';
import { stockPluginFolder } from '../stock-folders.ts';

/** Two pings for each channel, three times, and a machine that is busy. */
const PATIENCE_MS = 600_000;

/**
 * Has the engine of a data folder calibrate a unit; where none runs, one is started for it alone. [control]
 *
 * Throws what the engine refuses.
 */
export async function calibrateUnit(
  dataDir: string,
  unit: string,
  options: CalibrateOptions,
): Promise<SoundCalibration> {
  const line = await EngineLine.open(dataDir, PATIENCE_MS).catch(() => undefined);
  if (!line) return calibrateAlone(dataDir, unit, options);
  try {
    const answer = await line.ask({ type: 'calibrate-fixed', instance: unit, ...options });
    if (answer.type === 'refusal') throw AudioCloudError.from(answer.error);
    return check(SoundCalibration, answer.result, 'the calibration', 'MESSAGE_INVALID');
  } finally {
    line.close();
  }
}

async function calibrateAlone(dataDir: string, unit: string, options: CalibrateOptions): Promise<SoundCalibration> {
  const engine = await Engine.start(engineSettings(['--data', dataDir, '--plugins', stockPluginFolder()], process.env));
  try {
    return await engine.calibrate(unit, options);
  } finally {
    await engine.close();
  }
}
