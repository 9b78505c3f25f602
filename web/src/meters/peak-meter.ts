// Return of a digital peak meter: IEC 60268-18 asks for 20 dB in 1.7 s.
const RETURN_DB_PER_SECOND = 20 / 1.7;
const HOLD_SECONDS = 1.5;

/** Nothing is shown below. */
export const FLOOR_DB = -60;
/** The top of the scale: room to see by how much it is too loud. */
export const TOP_DB = 6;

/** The level of one channel: rises at once, returns slowly, and holds its peak for a while. Times in seconds. */
export class PeakMeter {
  private levelDb = Number.NEGATIVE_INFINITY;
  private levelAt = 0;
  private heldDb = Number.NEGATIVE_INFINITY;
  private heldAt = 0;

  /** @param peak linear, full scale is 1 */
  hit(peak: number, atSeconds: number): void {
    const db = 20 * Math.log10(peak);
    if (db >= this.level(atSeconds)) {
      this.levelDb = db;
      this.levelAt = atSeconds;
    }
    if (db >= this.held(atSeconds)) {
      this.heldDb = db;
      this.heldAt = atSeconds;
    }
  }

  /** dBFS; -Infinity below the floor. */
  level(atSeconds: number): number {
    return audible(this.levelDb - RETURN_DB_PER_SECOND * (atSeconds - this.levelAt));
  }

  /** The highest level of late, dBFS; once the hold is over it returns like the level. */
  held(atSeconds: number): number {
    const late = Math.max(0, atSeconds - this.heldAt - HOLD_SECONDS);
    return audible(this.heldDb - RETURN_DB_PER_SECOND * late);
  }
}

function audible(db: number): number {
  return db < FLOOR_DB ? Number.NEGATIVE_INFINITY : db;
}

/** Place on the scale, 0 to 1. */
export function meterTravel(db: number): number {
  return Math.min(1, Math.max(0, (db - FLOOR_DB) / (TOP_DB - FLOOR_DB)));
}
