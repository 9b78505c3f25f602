/** Linear gain of a level in decibels: 10^(dB / 20). Cost: Math.pow. [any] */
export function gainOfDb(db: f64): f64 {
  return Math.pow(10.0, db * 0.05);
}

/** Level in decibels of a linear gain: 20 log10(gain); `floorDb` for what is below it, for 0 and for NaN. Cost: Math.log10. [any] */
export function dbOfGain(gain: f64, floorDb: f64 = -120.0): f64 {
  const db = 20.0 * Math.log10(gain);
  return db > floorDb ? db : floorDb;
}
