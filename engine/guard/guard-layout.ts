/** Settings, counters and state of one output guard (dsp/output-guard); rows and channels lie behind them. */
export const GUARD_RECORD = {
  channels: 0,
  maxFrames: 4,
  ceiling: 8,
  releaseShare: 12,
  holdFrames: 16,
  silenceFrames: 20,
  windowFrames: 24,
  fadeStep: 28,
  limitedBlocks: 32,
  nonFinite: 36,
  jumps: 40,
  offsets: 44,
  isBusy: 68,
  bytes: 80,
} as const;

/** Frames of the past that lie before those of each channel. */
export const GUARD_PAST_FRAMES = 12;

const ROWS = 3;
const STATE_BYTES = 32;

/** Of a guard for blocks of so many frames, a multiple of 4. */
export function guardBytes(channels: number, maxFrames: number): number {
  return guardChannel(0, channels, channels, maxFrames);
}

/** Address of the first frame of a channel. */
export function guardChannel(guard: number, channel: number, channels: number, maxFrames: number): number {
  const states = guard + GUARD_RECORD.bytes + ROWS * 4 * maxFrames;
  return states + channels * STATE_BYTES + channel * 4 * (GUARD_PAST_FRAMES + maxFrames) + 4 * GUARD_PAST_FRAMES;
}
