import type { MemoryViews } from '../plugin/memory-views.ts';
import { GAIN_RECORD } from './program.ts';

/** A gain that changes goes to its value in a straight line over so many frames: 10.7 ms at 48 kHz. */
export const FADE_FRAMES = 512;

/** The longest wait, 3 minutes: the block runner counts the frames in f32. */
const MOST_WAIT_FRAMES = 2 ** 23;

/** Lets a gain go from one value to another, after a wait of so many frames. [control, render] */
export function startGain(views: MemoryViews, record: number, from: number, to: number, waitFrames: number): void {
  const { f32, u32 } = views;
  const word = record >>> 2;
  f32[word + (GAIN_RECORD.current >> 2)] = from;
  f32[word + (GAIN_RECORD.target >> 2)] = to;
  f32[word + (GAIN_RECORD.step >> 2)] = (to - from) / FADE_FRAMES;
  u32[word + (GAIN_RECORD.length >> 2)] = FADE_FRAMES;
  u32[word + (GAIN_RECORD.remaining >> 2)] = from === to ? 0 : Math.min(waitFrames, MOST_WAIT_FRAMES) + FADE_FRAMES;
}

/** Whether a gain is at its value. [control] */
export function isThere({ u32 }: MemoryViews, record: number): boolean {
  return u32[(record + GAIN_RECORD.remaining) >>> 2] === 0;
}

/** The value that a gain has or is on its way to. [control, render] */
export function gainTarget({ f32 }: MemoryViews, record: number): number {
  return f32[(record + GAIN_RECORD.target) >>> 2]!;
}

/** Frames until a gain begins to move; 0 when it does already, or is at its value. [control, render] */
export function waitLeft({ u32 }: MemoryViews, record: number): number {
  return Math.max(0, u32[(record + GAIN_RECORD.remaining) >>> 2]! - FADE_FRAMES);
}
