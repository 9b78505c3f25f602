import { AudioCloudError, type MidiBytes } from '@audiocloud/api';
import { type MidiData, type MidiEvent, parseMidi } from 'midi-file';

/** A message of a track at its place; ticks as in the file. */
export interface MidiFileMessage {
  ticks: number;
  bytes: MidiBytes;
}

export interface MidiFileTrack {
  name?: string;
  /** In the order of the file, which is that of time. */
  messages: MidiFileMessage[];
  tempos: { ticks: number; secondsPerBeat: number }[];
  /** Where the track ends. */
  endTicks: number;
}

export interface MidiFile {
  /** 0: one track, 1: tracks that sound together, 2: tracks that have nothing to do with each other. */
  format: 0 | 1 | 2;
  /** Ticks of a beat, whose length the tempo tells, or seconds of a tick. */
  division: { ticksPerBeat: number } | { secondsPerTick: number };
  tracks: MidiFileTrack[];
}

const HEADER_BYTES = 14;
/** More than any music has; what is read takes some ten times as much memory. */
const MOST_BYTES = 16 * 1024 * 1024;
const MOST_DELTA = 0x0fffffff;
const NTSC_FRAMES = 30_000 / 1001;

/** The bytes of a file for midi-file, which takes any length that stands there: also one beyond the end, or below zero, where it would never end. */
class BoundedBytes extends Uint8Array {
  override slice(from = 0, to = this.length): Uint8Array<ArrayBuffer> {
    if (!(from >= 0 && to >= from && to <= this.length)) throw 'it ends early, or a length in it is wrong';
    return super.slice(from, to);
  }
}

/**
 * Reads a Standard MIDI File. System Exclusive and texts but the names of tracks are left out. [control]
 *
 * @param what the file, as errors name it. Throws MIDI_INVALID, TOO_LARGE.
 */
export function readMidiFile(bytes: Uint8Array, what: string): MidiFile {
  if (bytes.length > MOST_BYTES)
    throw new AudioCloudError(
      'TOO_LARGE',
      `Cannot read ${what}: it has ${bytes.length} bytes, at most ${MOST_BYTES} are read`,
    );
  if (String.fromCharCode(...bytes.subarray(0, 4)) !== 'MThd')
    throw invalid(what, "it does not begin with 'MThd', as every Standard MIDI File does");
  if (bytes.length < HEADER_BYTES) throw invalid(what, `its header has ${bytes.length} of ${HEADER_BYTES} bytes`);
  let data: MidiData;
  try {
    data = parseMidi(new BoundedBytes(bytes));
  } catch (cause) {
    throw invalid(what, typeof cause === 'string' ? cause : (cause as Error).message);
  }
  const { header } = data;
  if (![0, 1, 2].includes(header.format)) throw invalid(what, `its format is ${header.format}, wanted 0, 1 or 2`);
  if (data.tracks.length !== header.numTracks)
    throw invalid(
      what,
      `it has ${data.tracks.length} of the ${header.numTracks} tracks that its header tells; it ends early`,
    );
  return {
    format: header.format,
    division: divisionOf(data, what),
    tracks: data.tracks.map((events, i) => trackOf(events, `${what}, track ${i + 1}`)),
  };
}

function invalid(what: string, why: string): AudioCloudError {
  return new AudioCloudError('MIDI_INVALID', `Cannot read ${what}: ${why}`);
}

function divisionOf({ header }: MidiData, what: string): MidiFile['division'] {
  const { ticksPerBeat, framesPerSecond, ticksPerFrame } = header;
  if (ticksPerBeat) return { ticksPerBeat };
  if (!framesPerSecond || !ticksPerFrame) throw invalid(what, 'its header gives no length of a tick');
  return { secondsPerTick: 1 / ((framesPerSecond === 29 ? NTSC_FRAMES : framesPerSecond) * ticksPerFrame) };
}

function trackOf(events: readonly MidiEvent[], what: string): MidiFileTrack {
  const track: MidiFileTrack = { messages: [], tempos: [], endTicks: 0 };
  for (const event of events) {
    if (!(event.deltaTime >= 0 && event.deltaTime <= MOST_DELTA)) throw invalid(what, 'a time in it is wrong');
    track.endTicks += event.deltaTime;
    if (event.type === 'endOfTrack') break;
    if (event.type === 'trackName') track.name ??= event.text.replace(/\p{Cc}/gu, ' ').trim();
    if (event.type === 'setTempo') {
      if (!(event.microsecondsPerBeat > 0)) throw invalid(what, 'it has a tempo without an end');
      track.tempos.push({ ticks: track.endTicks, secondsPerBeat: event.microsecondsPerBeat / 1e6 });
    }
    const bytes = bytesOf(event);
    if (!bytes) continue;
    if (!bytes.every((byte, i) => Number.isInteger(byte) && (i === 0 || byte < 0x80)))
      throw invalid(what, `[${bytes.join(', ')}] is no message`);
    track.messages.push({ ticks: track.endTicks, bytes });
  }
  return track;
}

/** A message as bytes; undefined for what is none of a channel. */
function bytesOf(event: MidiEvent): MidiBytes | undefined {
  switch (event.type) {
    case 'noteOff':
      return [0x80 | event.channel, event.noteNumber, event.velocity];
    case 'noteOn':
      return [0x90 | event.channel, event.noteNumber, event.velocity];
    case 'noteAftertouch':
      return [0xa0 | event.channel, event.noteNumber, event.amount];
    case 'controller':
      return [0xb0 | event.channel, event.controllerType, event.value];
    case 'programChange':
      return [0xc0 | event.channel, event.programNumber];
    case 'channelAftertouch':
      return [0xd0 | event.channel, event.amount];
    case 'pitchBend': {
      const value = event.value + 0x2000;
      return [0xe0 | event.channel, value & 0x7f, value >> 7];
    }
    default:
      return undefined;
  }
}
