/** Settings, counters and state of one output guard (dsp/output-guard); its row and channels lie behind them. */
export const GUARD_RECORD = {
  channels: 0,
  maxFrames: 4,
  ceiling: 8,
  releaseShare: 12,
  holdFrames: 16,
  limitedBlocks: 20,
  nonFinite: 24,
  isBusy: 44,
  bytes: 64,
} as const;

/** Frames of the past that lie before those of each channel. */
export const GUARD_PAST_FRAMES = 12;

/** Of a guard for blocks of so many frames, a multiple of 4. */
export function guardBytes(channels: number, maxFrames: number): number {
  return GUARD_RECORD.bytes + 4 * (maxFrames + channels * (GUARD_PAST_FRAMES + maxFrames));
}

/** Address of the first frame of a channel. */
export function guardChannel(guard: number, channel: number, maxFrames: number): number {
  const row = guard + GUARD_RECORD.bytes;
  return row + 4 * (maxFrames + channel * (GUARD_PAST_FRAMES + maxFrames) + GUARD_PAST_FRAMES);
}
