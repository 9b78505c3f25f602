import type { Notes } from '@audiocloud/api';

export interface NoteRange {
  count: number;
  /** Of all notes; middle C where there is none. */
  lowest: number;
  highest: number;
}

/** How many notes there are, and between which pitches. */
export function noteRange(parts: readonly Notes[]): NoteRange {
  let count = 0;
  let lowest = 127;
  let highest = 0;
  for (const { notes } of parts) {
    count += notes.length;
    for (const { note } of notes) {
      lowest = Math.min(lowest, note);
      highest = Math.max(highest, note);
    }
  }
  return count === 0 ? { count, lowest: 60, highest: 60 } : { count, lowest, highest };
}
