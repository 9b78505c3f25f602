/*
 * The program that the block runner (dsp/host) works through inside one memory: records of eight words
 * { op, a, b, c, d, e, f, g }. The runner exports the same numbers; they are compared when it is loaded.
 */
export const OP = { nop: 0, process: 1, zero: 2, copy: 3, mix: 4, copyGain: 5, delay: 6, meter: 7 } as const;
export const PROGRAM_RECORD_BYTES = 32;

/** What the runner knows of an instance; `mutedBy` is the host's own note. */
export const INSTANCE_RECORD = {
  muted: 0,
  nonFinite: 4,
  peak: 8,
  status: 12,
  isZeroed: 16,
  silentIn: 20,
  mutedBy: 24,
  faults: 28,
  bytes: 32,
} as const;
/** current, target, step: f32; remaining frames: u32 */
export const GAIN_RECORD = { current: 0, target: 4, step: 8, remaining: 12, bytes: 16 } as const;
/** capacity is a power of two, in frames */
export const DELAY_RECORD = { ring: 0, capacity: 4, position: 8, delay: 12, bytes: 16 } as const;
/** sum of squares f64, peak f32, frames u32 */
export const METER_RECORD = { sumOfSquares: 0, peak: 8, frames: 12, bytes: 16 } as const;

/** Why an instance is muted, by number; 0 stands for an error status. */
export const MUTED_BY: readonly string[] = [
  'it returned an error status',
  'fuel exhausted',
  'stack overflow',
  'abort called',
  'unreachable',
  'out of bounds',
  'division',
  'indirect call',
  'recursion too deep',
  'trap',
  'thread wedged',
];
