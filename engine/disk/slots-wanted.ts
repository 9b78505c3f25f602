import type { DiskClip } from './clip-places.ts';
import { PAGE_FRAMES, pagesOf, slotBytes } from './page-store.ts';

/** Of one sound in one task: what hundreds of clips of one sound at one place want beyond that, comes late. */
const MOST_BYTES = 256 * 2 ** 20;
const FEWEST = 4;

/**
 * So many pages of one sound as its clips may want at once: within a window around the playhead, and once more around where
 * it may jump. [control]
 *
 * frames: of the sound.   windowFrames: read ahead and kept behind.
 */
export function slotsWanted(
  clips: readonly Omit<DiskClip, 'store'>[],
  { frames, channels, windowFrames }: { frames: number; channels: number; windowFrames: number },
): number {
  const most = pagesOf(windowFrames) + 1;
  const changes = clips.flatMap((clip): [at: number, pages: number][] => {
    const pages = Math.min(most, pagesOf(clip.frames) + 1);
    return [
      [clip.start - windowFrames, pages],
      [clip.start + clip.frames + windowFrames, -pages],
    ];
  });
  changes.sort(([a], [b]) => a - b);
  let sum = 0;
  let largest = 0;
  for (const [, pages] of changes) {
    sum += pages;
    largest = Math.max(largest, sum);
  }
  const limit = Math.max(FEWEST, Math.floor(MOST_BYTES / slotBytes(channels)));
  return Math.min(pagesOf(frames), limit, Math.max(FEWEST, 2 * largest));
}
