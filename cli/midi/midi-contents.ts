import type { MidiFile } from './read-midi-file.ts';
import { midiNotes } from './midi-notes.ts';

export interface MidiTrackContents {
  track: number;
  name: string;
  channels: number[];
  notes: number;
  messages: number;
  endSeconds: number;
}

/** What is in each track of a file, for a person who has to choose one. Throws what midiNotes throws. */
export function midiContents(file: MidiFile, what: string): MidiTrackContents[] {
  return file.tracks.map(({ name = '', messages: all }, i) => {
    const track = i + 1;
    const { notes, messages } = midiNotes(file, what, { track });
    const channels = [...new Set(all.map(({ bytes }) => (bytes[0]! & 0x0f) + 1))].sort((a, b) => a - b);
    const endSeconds = notes.reduce((end, note) => Math.max(end, note.seconds + note.lengthSeconds), 0);
    return { track, name, channels, notes: notes.length, messages: messages.length, endSeconds };
  });
}
