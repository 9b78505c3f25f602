/** The piece: eight bars at 120 beats a minute, 16 s, in a ring: what sounds past the end goes on at the start. */
export const SAMPLE_RATE = 48000;
export const STEP_FRAMES = 6000; // a sixteenth
export const BAR_STEPS = 16;
export const BARS = 8;
export const LOOP_FRAMES = BARS * BAR_STEPS * STEP_FRAMES;
/** Every second sixteenth comes late by this: a light swing. */
export const SWING_FRAMES = 560;

/** A note of the piece; `pitch` as in MIDI (69 is 440 Hz), `velocity` 0 to 1, times in sixteenths. */
export interface Note {
  step: number;
  steps: number;
  pitch: number;
  velocity: number;
}

/** ii V I vi, IV V iii VI7 in C major: rootless voicings that move by steps, and the roots for the bass. */
export const CHORDS: { name: string; root: number; voicing: number[] }[] = [
  { name: 'Dm9', root: 38, voicing: [53, 57, 60, 64] },
  { name: 'G13', root: 31, voicing: [53, 57, 59, 64] },
  { name: 'Cmaj9', root: 36, voicing: [52, 55, 59, 62] },
  { name: 'Am9', root: 33, voicing: [52, 55, 59, 60] },
  { name: 'Fmaj9', root: 29, voicing: [55, 57, 60, 64] },
  { name: 'G13', root: 31, voicing: [53, 57, 59, 64] },
  { name: 'Em7', root: 28, voicing: [55, 59, 62, 64] },
  { name: 'A7b9b13', root: 33, voicing: [55, 58, 61, 65] },
];

/** [step in the bar, length, velocity] */
const COMPING: [number, number, number][][] = [
  [
    [0, 4, 0.8],
    [6, 2, 0.55],
    [11, 4, 0.65],
  ],
  [
    [0, 3, 0.75],
    [7, 5, 0.6],
    [14, 1.5, 0.5],
  ],
];

export const keys: Note[] = CHORDS.flatMap(({ voicing }, bar) =>
  COMPING[bar % 2]!.flatMap(([at, steps, velocity]) =>
    voicing.map((pitch, i) => ({
      step: bar * BAR_STEPS + at + i * 0.03, // fingers do not land together
      steps,
      pitch,
      velocity: velocity * (i === voicing.length - 1 ? 1 : 0.8),
    })),
  ),
);

export const pad: Note[] = CHORDS.flatMap(({ voicing }, bar) =>
  [voicing[0]! + 12, voicing[2]!, voicing[3]!].map((pitch) => ({
    step: bar * BAR_STEPS,
    steps: BAR_STEPS,
    pitch,
    velocity: 0.7,
  })),
);

/** Root on one, a ghost, the octave, the fifth, and a chromatic step into the next root. */
export const bass: Note[] = CHORDS.flatMap(({ root }, bar) => {
  const next = CHORDS[(bar + 1) % BARS]!.root;
  const figure: [number, number, number, number][] = [
    [0, 3, root, 1],
    [3, 1, root, 0.5],
    [6, 2, root + 12, 0.7],
    [8, 3, root, 0.9],
    [11, 2, root + 7, 0.7],
    [14, 1.6, next > root ? next - 1 : next + 1, 0.8],
  ];
  return figure.map(([at, steps, pitch, velocity]) => ({ step: bar * BAR_STEPS + at, steps, pitch, velocity }));
});

/** [step in the bar, length, pitch] */
const MELODY: [number, number, number][][] = [
  [
    [4, 2.5, 69],
    [7, 2.5, 72],
    [10, 5, 76],
  ],
  [
    [0, 3, 74],
    [4, 3, 71],
    [8, 6, 69],
  ],
  [
    [4, 2.5, 67],
    [7, 2.5, 71],
    [10, 5, 74],
  ],
  [
    [0, 3, 72],
    [4, 3, 69],
    [8, 6, 64],
  ],
  [
    [4, 2.5, 69],
    [7, 2.5, 72],
    [10, 5, 79],
  ],
  [
    [0, 3, 76],
    [4, 3, 74],
    [8, 2.5, 77],
    [11, 4, 76],
  ],
  [
    [0, 6, 74],
    [8, 2.5, 71],
    [11, 4, 67],
  ],
  [
    [2, 2, 69],
    [4, 3.5, 73],
    [8, 3, 77],
    [12, 3.5, 76],
  ],
];

export const lead: Note[] = MELODY.flatMap((bar, at) =>
  bar.map(([step, steps, pitch], i) => ({ step: at * BAR_STEPS + step, steps, pitch, velocity: i % 2 ? 0.75 : 0.9 })),
);

export type Drum = 'kick' | 'clap' | 'hat' | 'open' | 'rim';

/** Bars of the drums' file, which is played twice. */
export const DRUM_BARS = 4;

/** One bar of each; the second is for the last of every four. A digit for each sixteenth: velocity in ninths, `.` for none. */
export const drums: Record<Drum, string[]> = {
  kick: ['9...8...9...8...', '9...8...9...8..4'],
  clap: ['....8.......8...', '....8.......8..3'],
  hat: ['42.342.342.342.3', '42.342.342.342.5'],
  open: ['..6...6...6...6.', '..6...6...6...6.'],
  rim: ['...4......5.....', '...4..3.....4.2.'],
};
