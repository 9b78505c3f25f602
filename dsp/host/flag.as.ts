import { act } from './activity.as';

/**
 * A word that says what is known of a channel's buffer, so that silence is never looked for twice:
 * 0 sound · 1 the whole buffer is zero · 2 the frames of this block are zero, what lies behind them may not be.
 */
export const SOUND: u32 = 0;
export const EMPTY: u32 = 1;
export const QUIET: u32 = 2;

@inline export function isSilent(flag: usize): bool {
  return load<u32>(flag) != SOUND;
}

/** Makes a buffer of `bytes` bytes zero, unless it is. [render] */
@inline export function empty(to: usize, flag: usize, bytes: u32): void {
  if (load<u32>(flag) == EMPTY) return;
  act();
  memory.fill(to, 0, bytes);
  store<u32>(flag, EMPTY);
}
