import { AudioCloudError, LONGEST_SECONDS, type Notes } from '@audiocloud/api';
import type { MidiFile, MidiFileTrack } from './read-midi-file.ts';

export interface MidiNotesOptions {
  /** Counted from 1; default: all that sound together. */
  track?: number;
  /** 1 to 16; default: all. */
  channel?: number;
  /** Where on the timeline the file begins; default 0. */
  atSeconds?: number;
}

type Note = Notes['notes'][number];
type Message = NonNullable<Notes['messages']>[number];

export interface MidiNotes {
  notes: Note[];
  messages: Message[];
}

/** What a file says without a tempo: 120 beats a minute. */
const SECONDS_PER_BEAT = 0.5;
/** As in the schema of tasks. */
const MOST = 100_000;
/** A thousandth of a frame is heard by nobody, and short numbers are read by people. */
const PER_SECOND = 1e8;

const kindOf = (status: number) => status & 0xf0;
const NOTE_OFF = 0x80;
const NOTE_ON = 0x90;

/** Seconds of a place in ticks, by the tempos of these tracks. */
function clockOf({ division }: MidiFile, tracks: readonly MidiFileTrack[]): (ticks: number) => number {
  if ('secondsPerTick' in division) return (ticks) => ticks * division.secondsPerTick;
  const tempos = tracks.flatMap((track) => track.tempos).sort((a, b) => a.ticks - b.ticks);
  const spans = [{ ticks: 0, seconds: 0, secondsPerTick: SECONDS_PER_BEAT / division.ticksPerBeat }];
  for (const { ticks, secondsPerBeat } of tempos) {
    const last = spans.at(-1)!;
    const seconds = last.seconds + (ticks - last.ticks) * last.secondsPerTick;
    spans.push({ ticks, seconds, secondsPerTick: secondsPerBeat / division.ticksPerBeat });
  }
  return (ticks) => {
    let low = 0;
    let high = spans.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (spans[middle]!.ticks <= ticks) low = middle;
      else high = middle - 1;
    }
    const span = spans[low]!;
    return span.seconds + (ticks - span.ticks) * span.secondsPerTick;
  };
}

/**
 * Notes and other messages of a file, in seconds. [control]
 *
 * A note that is not ended in its track ends with the track; of one key and channel the first that began ends first.
 *
 * @param what the file, as errors name it. Throws REQUEST_INVALID for a track that is not there, MIDI_INVALID, TOO_LARGE.
 */
export function midiNotes(file: MidiFile, what: string, options: MidiNotesOptions = {}): MidiNotes {
  const { track: wanted, channel, atSeconds = 0 } = options;
  const { tracks } = file;
  if (wanted !== undefined && !tracks[wanted - 1])
    throw new AudioCloudError('REQUEST_INVALID', `Cannot take track ${wanted} of ${what}: it has ${tracks.length}`);
  if (wanted === undefined && file.format === 2 && tracks.length > 1)
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot take all tracks of ${what}: its ${tracks.length} tracks are pieces of their own (format 2); choose one with --track`,
    );
  const chosen = wanted === undefined ? tracks : [tracks[wanted - 1]!];
  const secondsAt = clockOf(file, file.format === 2 ? chosen : tracks);
  const place = (ticks: number) => {
    const seconds = atSeconds + secondsAt(ticks);
    if (seconds > LONGEST_SECONDS)
      throw new AudioCloudError('MIDI_INVALID', `Cannot read ${what}: it goes on for more than ${LONGEST_SECONDS} s`);
    return Math.round(seconds * PER_SECOND) / PER_SECOND;
  };
  const notes: Note[] = [];
  const messages: Message[] = [];
  for (const track of chosen) {
    const open = new Map<number, { note: Note; ticks: number }[]>();
    const end = ({ note, ticks }: { note: Note; ticks: number }, endTicks: number) => {
      note.lengthSeconds = Math.round((secondsAt(endTicks) - secondsAt(ticks)) * PER_SECOND) / PER_SECOND;
    };
    for (const { ticks, bytes } of track.messages) {
      const [status = 0, first = 0, second = 0] = bytes;
      const number = (status & 0x0f) + 1;
      if (channel !== undefined && number !== channel) continue;
      const kind = kindOf(status);
      if (kind !== NOTE_ON && kind !== NOTE_OFF) {
        messages.push({ seconds: place(ticks), bytes });
        continue;
      }
      const key = (number << 7) | first;
      const down = open.get(key) ?? [];
      open.set(key, down);
      if (kind === NOTE_OFF) {
        const ended = down.shift();
        if (ended) end(ended, ticks);
        continue;
      }
      const note: Note = { seconds: place(ticks), lengthSeconds: 0, note: first, velocity: second };
      if (number > 1) note.channel = number;
      notes.push(note);
      down.push({ note, ticks });
    }
    for (const down of open.values()) for (const one of down) end(one, track.endTicks);
  }
  for (const [name, { length }] of Object.entries({ notes, messages }))
    if (length > MOST)
      throw new AudioCloudError(
        'TOO_LARGE',
        `Cannot take ${length} ${name} of ${what}: at most ${MOST} go together; choose a track with --track or a channel with --channel`,
      );
  const inOrder = (a: { seconds: number }, b: { seconds: number }) => a.seconds - b.seconds;
  return { notes: notes.sort(inOrder), messages: messages.sort(inOrder) };
}
