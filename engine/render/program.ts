/*
 * The program that the block runner (dsp/host) works through inside one memory: records of eight words
 * { op, a or to, b or from, c, flag of to, flag of from, bytes of a buffer, chunk }. The chunk, which grows from record to
 * record, is the host's own note: which part of the plan the record belongs to (plan/chunks.ts). The runner exports the same numbers;
 * they are compared when it is loaded.
 */
export const OP = { nop: 0, process: 1, zero: 2, copy: 3, mix: 4, copyGain: 5, delay: 6, meter: 7, batch: 8 } as const;
export const PROGRAM_RECORD_BYTES = 32;

/** What is known of a channel's buffer (dsp/host/flag.as.ts). */
export const FLAG = { sound: 0, empty: 1, quiet: 2 } as const;

/**
 * What the runner knows of an instance (dsp/host/instance.as.ts). mutedBy: index in MUTED_BY; batch: its address, 0 when
 * alone; layout: of the instance itself; outputs lie outputStride bytes apart from firstOutput on, with guards between.
 */
export const INSTANCE_RECORD = {
  muted: 0,
  nonFinite: 4,
  peak: 8,
  status: 12,
  isEmpty: 16,
  inputs: 20,
  outputs: 24,
  inputFlags: 28,
  outputFlags: 32,
  mutedBy: 36,
  faults: 40,
  batch: 44,
  layout: 48,
  firstOutput: 52,
  outputStride: 56,
  bytes: 64,
} as const;
/** What stands before the first output of an instance and behind each. */
export const GUARD = { word: 0xacc0fade5afeb10cn, bytes: 16 } as const;
/**
 * records: address of the records of its instances; inputs: address of the flags of what they hear; behind `layouts` is the
 * runner's own list of 8 bytes for each instance.
 */
export const BATCH_RECORD = {
  records: 0,
  count: 4,
  called: 8,
  isIdle: 12,
  inputs: 16,
  inputCount: 20,
  layouts: 32,
} as const;
/** Instances of one call: more would let a few endless loops in it take longer than a block. */
export const BATCH_MAXIMUM = 32;
/** current, target, step: f32; remaining frames with the wait, length of the way: u32 */
export const GAIN_RECORD = { current: 0, target: 4, step: 8, remaining: 12, length: 16, bytes: 32 } as const;
/** capacity is a power of two, in frames */
export const DELAY_RECORD = { ring: 0, capacity: 4, position: 8, delay: 12, silent: 16, bytes: 32 } as const;
/** sum of squares f64, peak f32, frames u32 */
export const METER_RECORD = { sumOfSquares: 0, peak: 8, frames: 12, bytes: 16 } as const;

/** Why an instance is muted, by number; 0 stands for an error status, and 11 is set by the block runner. */
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
  'it wrote outside its buffers',
  'its memory was damaged',
];
export const MUTED_BY_GUARD = 11;
export const MUTED_BY_DAMAGE = 12;
