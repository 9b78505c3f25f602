/** Keys of the keyboard that is drawn: two octaves and the C above. */
export const SHOWN_KEYS = 25;
export const LOWEST_OCTAVE = -1;
/** The highest octave at which all keys that are shown are MIDI notes. */
export const HIGHEST_OCTAVE = 7;

/** Semitones above the C of the octave, by the place of a computer's key: the same on every layout of letters. */
const COMPUTER_KEYS = [
  'KeyA',
  'KeyW',
  'KeyS',
  'KeyE',
  'KeyD',
  'KeyF',
  'KeyT',
  'KeyG',
  'KeyY',
  'KeyH',
  'KeyU',
  'KeyJ',
  'KeyK',
  'KeyO',
  'KeyL',
  'KeyP',
  'Semicolon',
  'Quote',
]; // prettier-ignore

/** The letters that stand on these keys of most keyboards, for who looks for them. */
const LETTERS = "AWSEDFTGYHUJKOLP;'";

const NAMES = ['C', 'C♯', 'D', 'D♯', 'E', 'F', 'F♯', 'G', 'G♯', 'A', 'A♯', 'B'];
/** Where the left edge of a black key is, in white keys from the C of its octave. */
const BLACK_EDGES: Record<number, number> = { 1: 0.62, 3: 1.72, 6: 3.6, 8: 4.68, 10: 5.75 };
const BLACK_WIDTH = 0.6;

/** `C4` is 60, middle C. */
export function noteName(note: number): string {
  return `${NAMES[note % 12]}${Math.floor(note / 12) - 1}`;
}

/** The first note of an octave: 60 for 4. */
export function firstNote(octave: number): number {
  return 12 * (octave + 1);
}

/** Semitones above the octave that a computer's key plays; undefined for another key. */
export function semitoneOf(code: string): number | undefined {
  const semitone = COMPUTER_KEYS.indexOf(code);
  return semitone < 0 ? undefined : semitone;
}

export interface DrawnKey {
  semitone: number;
  isBlack: boolean;
  /** Left edge and width, as parts of the whole keyboard. */
  left: number;
  width: number;
  letter: string | undefined;
}

const whiteBefore = (semitone: number) =>
  7 * Math.floor(semitone / 12) + [0, 1, 1, 2, 2, 3, 4, 4, 5, 5, 6, 6][semitone % 12]!;

/** Where each key is drawn; the white ones first, for black ones lie on top of them. */
export function drawnKeys(): DrawnKey[] {
  const whites = whiteBefore(SHOWN_KEYS);
  const keys = Array.from({ length: SHOWN_KEYS }, (_, semitone) => {
    const edge = BLACK_EDGES[semitone % 12];
    const isBlack = edge !== undefined;
    const left = isBlack ? 7 * Math.floor(semitone / 12) + edge : whiteBefore(semitone);
    return {
      semitone,
      isBlack,
      left: left / whites,
      width: (isBlack ? BLACK_WIDTH : 1) / whites,
      letter: LETTERS[semitone],
    };
  });
  return [...keys.filter(({ isBlack }) => !isBlack), ...keys.filter(({ isBlack }) => isBlack)];
}

/** Velocity by where a key is struck, from 0 at its far end to 1 at the near one: soft there, loud here. */
export function velocityAt(place: number): number {
  return Math.round(20 + 107 * Math.min(1, Math.max(0, place)));
}
