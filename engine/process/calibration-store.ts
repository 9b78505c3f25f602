import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { check, FixedInstanceId, SoundCalibration } from '@audiocloud/api';
import { Type } from 'typebox';

const FILE = 'calibration.json';
const Calibrations = Type.Record(FixedInstanceId, SoundCalibration);

/** What was measured of the sound of fixed instances, kept in `calibration.json` of the data folder. [control] */
export class CalibrationStore {
  private readonly path: string;
  private readonly known: Record<string, SoundCalibration>;

  /** Throws DRIVER_INVALID, naming the file, when it cannot be read. */
  static async open(dataDir: string): Promise<CalibrationStore> {
    const path = join(dataDir, FILE);
    if (!existsSync(path)) return new CalibrationStore(path, {});
    const text = await readFile(path, 'utf8');
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      value = undefined; // refused below, with the name of the file
    }
    return new CalibrationStore(path, check(Calibrations, value, `calibrations ${path}`, 'DRIVER_INVALID'));
  }

  /** One that knows nothing; what it is given, it writes over what was there. */
  static empty(dataDir: string): CalibrationStore {
    return new CalibrationStore(join(dataDir, FILE), {});
  }

  private constructor(path: string, known: Record<string, SoundCalibration>) {
    this.path = path;
    this.known = known;
  }

  of(unit: string): SoundCalibration | undefined {
    return Object.hasOwn(this.known, unit) ? this.known[unit] : undefined;
  }

  /** Resolves when it is on disk, whole. */
  async put(unit: string, calibration: SoundCalibration): Promise<void> {
    this.known[unit] = calibration;
    const part = `${this.path}.part`;
    await writeFile(part, `${JSON.stringify(this.known, null, 2)}\n`);
    await rename(part, this.path);
  }
}
