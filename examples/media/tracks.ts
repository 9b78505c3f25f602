import { addVoice, createEcho, createRing, createRoom, frameOfStep, type Ring, slow, throughEffect } from './ring.ts';
import {
  BAR_STEPS,
  BARS,
  bass,
  DRUM_BARS,
  type Drum,
  drums,
  keys,
  lead,
  type Note,
  pad,
  SAMPLE_RATE,
  STEP_FRAMES,
} from './score.ts';
import { bassVoice, clap, hat, kick, leadVoice, padVoice, pianoVoice, rim, type Voice } from './voices.ts';

/** One file of the piece: 16-bit integers, one list for each channel. */
export interface RenderedTrack {
  name: string;
  channels: Int32Array[];
}

const heldSeconds = (note: Note) => (note.steps * STEP_FRAMES) / SAMPLE_RATE;
const TAIL_SECONDS = 0.6;

function play(notes: Note[], voice: (note: Note) => Voice): Ring {
  const ring = createRing(BARS);
  for (const note of notes)
    addVoice(ring, frameOfStep(note.step), Math.ceil((heldSeconds(note) + TAIL_SECONDS) * SAMPLE_RATE), voice(note));
  return ring;
}

function playDrums(): Ring {
  const ring = createRing(DRUM_BARS);
  let seed = 1;
  const voices: Record<Drum, (velocity: number) => [Voice, seconds: number]> = {
    kick: (v) => [kick(v), 0.4],
    clap: (v) => [clap(0.55 * v, ++seed * 7919), 0.3],
    hat: (v) => [hat(0.22 * v, ++seed * 7919, 0.018), 0.12],
    open: (v) => [hat(0.17 * v, ++seed * 7919, 0.06), 0.4],
    rim: (v) => [rim(0.3 * v), 0.1],
  };
  for (let bar = 0; bar < DRUM_BARS; bar++)
    for (const [drum, patterns] of Object.entries(drums) as [Drum, string[]][])
      [...patterns[bar === DRUM_BARS - 1 ? 1 : 0]!].forEach((digit, step) => {
        if (digit === '.') return;
        const [voice, seconds] = voices[drum](Number(digit) / 9);
        addVoice(ring, frameOfStep(bar * BAR_STEPS + step), Math.round(seconds * SAMPLE_RATE), voice);
      });
  return ring;
}

function playPad(side: number): Ring {
  const breath = slow(4);
  const ring = play(pad, (note) => {
    const first = frameOfStep(note.step);
    return padVoice(note.pitch, note.velocity, heldSeconds(note) - 0.1, side, (i) => 700 + 300 * breath(first + i));
  });
  const wet = throughEffect(ring, createRoom(1.2, 0.09, side > 0 ? 59 : 0));
  const rms = Math.sqrt(wet.reduce((sum, x) => sum + x * x, 0) / wet.length);
  return wet.map((x) => x / rms); // both ears alike, whatever the beats of their saws add up to
}

/** Rounded to 16 bits without dither: its noise would cost a tenth of each file, and these sounds hide the rounding. */
function to16Bits(name: string, peakDb: number, rings: Ring[]): RenderedTrack {
  const peak = rings.reduce((max, ring) => ring.reduce((m, x) => Math.max(m, Math.abs(x)), max), 0);
  const scale = (32768 * 10 ** (peakDb / 20)) / peak;
  return { name, channels: rings.map((ring) => Int32Array.from(ring, (x) => Math.round(x * scale))) };
}

/** Renders the five files of the piece, the same samples every time. */
export function renderTracks(): RenderedTrack[] {
  const tremolo = slow(32);
  const piano = play(keys, (note) => pianoVoice(note.pitch, note.velocity, heldSeconds(note)));
  const melody = play(lead, (note) => leadVoice(note.pitch, note.velocity, heldSeconds(note) * 0.92));
  return [
    to16Bits('drums', -4, [playDrums()]),
    to16Bits('bass', -7, [play(bass, (note) => bassVoice(note.pitch, note.velocity, heldSeconds(note) * 0.9))]),
    to16Bits('keys', -9, [piano.map((x, i) => x * (1 + 0.12 * tremolo(i)))]),
    to16Bits('pad', -14, [playPad(-1), playPad(1)]),
    to16Bits('lead', -9, [throughEffect(melody, createEcho(3 * STEP_FRAMES, 0.42, 0.34))]),
  ];
}
