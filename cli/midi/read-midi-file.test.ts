import { AudioCloudError } from '@audiocloud/api';
import { type MidiData, writeMidi } from 'midi-file';
import t from 'tap';
import { seededRandom } from '../../engine/plugin/seeded-random.ts';
import { midiNotes } from './midi-notes.ts';
import { readMidiFile } from './read-midi-file.ts';

const WHAT = 'the MIDI file x.mid';
const fileOf = (header: Partial<MidiData['header']>, ...tracks: MidiData['tracks']) =>
  Uint8Array.from(writeMidi({ header: { format: 1, numTracks: tracks.length, ...header }, tracks }));
const END = { deltaTime: 0, type: 'endOfTrack' } as const;
const tempo = (deltaTime: number, bpm: number) =>
  ({ deltaTime, type: 'setTempo', microsecondsPerBeat: Math.round(60e6 / bpm) }) as const;
const on = (deltaTime: number, noteNumber: number, velocity = 100, channel = 0) =>
  ({ deltaTime, type: 'noteOn', channel, noteNumber, velocity }) as const;
const off = (deltaTime: number, noteNumber: number, channel = 0) =>
  ({ deltaTime, type: 'noteOff', channel, noteNumber, velocity: 0 }) as const;
const notesOf = (bytes: Uint8Array, options = {}) => midiNotes(readMidiFile(bytes, WHAT), WHAT, options);

/** Bytes of a track, with its head. */
const track = (...bytes: number[]) => [0x4d, 0x54, 0x72, 0x6b, 0, 0, bytes.length >> 8, bytes.length & 0xff, ...bytes];
const head = (format: number, tracks: number, division: number) => [
  0x4d,
  0x54,
  0x68,
  0x64,
  0,
  0,
  0,
  6,
  0,
  format,
  0,
  tracks,
  division >> 8,
  division & 0xff,
]; // prettier-ignore

t.test('ticks become seconds by the tempos, whichever track they stand in', async (t) => {
  // 480 ticks a beat: 120 to the beat 2, then 60, then 240 from beat 4 on
  const conductor = [tempo(960, 60), tempo(960, 240), END];
  const melody = [on(480, 60), off(960, 60), on(480, 64, 1), off(480, 64), END];
  t.same(notesOf(fileOf({ ticksPerBeat: 480 }, conductor, melody)).notes, [
    { seconds: 0.5, lengthSeconds: 1.5, note: 60, velocity: 100 },
    { seconds: 3, lengthSeconds: 0.25, note: 64, velocity: 1 },
  ]);
  t.same(notesOf(fileOf({ ticksPerBeat: 480 }, conductor, melody), { atSeconds: 10 }).notes[1], {
    seconds: 13,
    lengthSeconds: 0.25,
    note: 64,
    velocity: 1,
  });
});

t.test('ticks of a film are parts of its frames', async (t) => {
  const events = [0x83, 0x74, 0x90, 60, 100, 0x87, 0x68, 0x80, 60, 0, 0, 0xff, 0x2f, 0]; // after 500 ticks, for 1,000
  for (const [frames, perSecond] of [
    [24, 24],
    [25, 25],
    [29, 30_000 / 1001],
    [30, 30],
  ] as const) {
    const bytes = Uint8Array.from([...head(0, 1, ((256 - frames) << 8) | 40), ...track(...events)]);
    const [note] = notesOf(bytes).notes;
    t.ok(Math.abs(note!.seconds - 500 / (perSecond * 40)) < 1e-8, `${frames}: ${note!.seconds} s`);
    t.ok(Math.abs(note!.lengthSeconds - 1000 / (perSecond * 40)) < 2e-8);
  } // prettier-ignore
});

t.test('tracks and channels: all together, or those that are asked for', async (t) => {
  const bytes = fileOf(
    { ticksPerBeat: 100 },
    [
      { deltaTime: 0, type: 'trackName', text: 'Bass' },
      on(0, 40),
      on(100, 41, 90, 1),
      off(0, 40),
      off(100, 41, 1),
      END,
    ],
    [{ deltaTime: 0, type: 'trackName', text: '\x1b[31mLead\x00' }, on(50, 72, 80, 15), off(50, 72, 15), END],
  );
  const file = readMidiFile(bytes, WHAT);
  t.same(
    file.tracks.map(({ name }) => name),
    ['Bass', '[31mLead'],
    'names, without what a terminal would obey',
  );
  const keys = (options: object) => notesOf(bytes, options).notes.map(({ note, channel = 1 }) => [note, channel]);
  t.same(keys({}), [
    [40, 1],
    [72, 16],
    [41, 2],
  ]); // prettier-ignore
  t.same(keys({ track: 2 }), [[72, 16]]);
  t.same(keys({ channel: 2 }), [[41, 2]]);
  t.same(keys({ track: 2, channel: 2 }), []);
  t.throws(() => keys({ track: 3 }), { code: 'REQUEST_INVALID', message: /track 3 of the MIDI file x\.mid: it has 2/ });
  const pieces = fileOf(
    { format: 2, ticksPerBeat: 100 },
    [tempo(0, 60), on(0, 40), off(100, 40), END],
    [on(0, 41), off(100, 41), END],
  );
  t.throws(() => notesOf(pieces), { code: 'REQUEST_INVALID', message: /choose one with --track/ });
  t.equal(notesOf(pieces, { track: 1 }).notes[0]!.lengthSeconds, 1);
  t.equal(notesOf(pieces, { track: 2 }).notes[0]!.lengthSeconds, 0.5, 'without the tempo of another piece');
});

t.test('everything that a channel says is taken as it is', async (t) => {
  const bytes = fileOf({ format: 0, ticksPerBeat: 100 }, [
    { deltaTime: 0, type: 'programChange', channel: 2, programNumber: 5 },
    { deltaTime: 0, type: 'controller', channel: 0, controllerType: 64, value: 127 },
    { deltaTime: 0, type: 'pitchBend', channel: 1, value: -8192 },
    { deltaTime: 0, type: 'pitchBend', channel: 1, value: 0 },
    { deltaTime: 100, type: 'pitchBend', channel: 1, value: 8191 },
    { deltaTime: 0, type: 'channelAftertouch', channel: 0, amount: 9 },
    { deltaTime: 0, type: 'noteAftertouch', channel: 0, noteNumber: 60, amount: 7 },
    { deltaTime: 0, type: 'sysEx', data: [1, 2, 0xf7] },
    END,
  ]);
  t.same(notesOf(bytes), {
    notes: [],
    messages: [
      { seconds: 0, bytes: [0xc2, 5] },
      { seconds: 0, bytes: [0xb0, 64, 127] },
      { seconds: 0, bytes: [0xe1, 0, 0] },
      { seconds: 0, bytes: [0xe1, 0, 64] },
      { seconds: 0.5, bytes: [0xe1, 127, 127] },
      { seconds: 0.5, bytes: [0xd0, 9] },
      { seconds: 0.5, bytes: [0xa0, 60, 7] },
    ],
  });
});

t.test('of one key the first that began ends first; what is never ended ends with its track', async (t) => {
  const bytes = fileOf({ format: 0, ticksPerBeat: 100 }, [
    on(0, 60, 1),
    on(100, 60, 2),
    on(0, 62, 3),
    off(100, 60),
    off(100, 60),
    off(0, 99),
    { ...END, deltaTime: 100 },
  ]);
  t.same(
    notesOf(bytes).notes.map(({ velocity, lengthSeconds }) => [velocity, lengthSeconds]),
    [
      [1, 1],
      [2, 1],
      [3, 1.5],
    ],
  );
});

t.test('a status that is left out is the one before; a note on of velocity 0 ends', async (t) => {
  const bytes = Uint8Array.from([
    ...head(0, 1, 100),
    ...track(0, 0x93, 60, 100, 50, 62, 90, 50, 60, 0, 0, 62, 0, 0, 0xff, 0x2f, 0),
  ]);
  t.same(notesOf(bytes).notes, [
    { seconds: 0, lengthSeconds: 0.5, note: 60, velocity: 100, channel: 4 },
    { seconds: 0.25, lengthSeconds: 0.25, note: 62, velocity: 90, channel: 4 },
  ]);
});

t.test('what is no MIDI file is refused, with what is wrong in it', async (t) => {
  const ended = [0, 0xff, 0x2f, 0];
  const wrong: [number[], RegExp][] = [
    [[], /Cannot read the MIDI file x\.mid: it does not begin with 'MThd'/],
    [[...Buffer.from('RIFF....RMID')], /does not begin with 'MThd'/],
    [head(0, 1, 96).slice(0, 12), /12 of 14 bytes/],
    [[...head(3, 1, 96), ...track(...ended)], /its format is 3/],
    [[...head(0, 1, 0), ...track(...ended)], /no length of a tick/],
    [[...head(1, 3, 96), ...track(...ended)], /1 of the 3 tracks/],
    [[...head(0, 1, 96), ...track(...ended).slice(0, -2)], /ends early/],
    [[...head(0, 1, 96), ...Buffer.from('XXXX'), 0, 0, 0, 0], /MTrk/],
    [[...head(0, 1, 96), ...track(0, 60, 100, ...ended)], /Unrecognised MIDI event type/],
    [[...head(0, 1, 96), ...track(0, 0x90, 60)], /\[144, 60, \] is no message/],
    [[...head(0, 1, 96), ...track(0, 0x90, 200, 1, ...ended)], /track 1: \[144, 200, 1\] is no message/],
    [[...head(0, 1, 96), ...track(0, 0xff, 0x51, 3, 0, 0, 0, ...ended)], /tempo/],
    // a length of -1, at which midi-file alone would read the same bytes for ever
    [[...head(0, 1, 96), ...track(0, 0xff, 1, 0x8f, 0xff, 0xff, 0xff, 0x7f, ...ended)], /a length in it is wrong/],
    [[...head(0, 1, 96), ...track(0x8f, 0xff, 0xff, 0xff, 0x7f, 0x90, 60, 1, ...ended)], /a time in it is wrong/],
  ];
  for (const [bytes, message] of wrong)
    t.throws(() => readMidiFile(Uint8Array.from(bytes), WHAT), { code: 'MIDI_INVALID', message }, String(message));
  t.throws(() => readMidiFile(new Uint8Array(17e6), WHAT), { code: 'TOO_LARGE' });
});

t.test('500 damaged files: notes or a refusal that says what it is, and always an end', async (t) => {
  const good = fileOf(
    { ticksPerBeat: 480 },
    [tempo(0, 100), { deltaTime: 0, type: 'trackName', text: 'Conductor' }, tempo(960, 140), END],
    Array.from({ length: 40 }, (_, i) => (i % 2 ? off(120, 60 + (i >> 1)) : on(120, 60 + (i >> 1)))),
  );
  const counts = { read: 0, refused: 0 };
  for (let seed = 1; seed <= 500; seed++) {
    const random = seededRandom(seed);
    let bytes = Uint8Array.from(good);
    if (seed % 4 === 0) bytes = bytes.map((byte, i) => (i < 4 ? byte : random() * 256));
    else if (seed % 4 === 1) bytes = bytes.slice(0, random() * bytes.length);
    else for (let i = 0; i < 1 + random() * 3; i++) bytes[Math.floor(random() * bytes.length)] = random() * 128;
    try {
      const { notes } = notesOf(bytes, seed % 2 ? { track: 1 } : {});
      for (const { seconds, lengthSeconds, note, velocity } of notes)
        if (!(seconds >= 0 && lengthSeconds >= 0 && note < 128 && velocity! >= 1 && velocity! < 128))
          throw new Error(`seed ${seed}: a note that no task takes`);
      counts.read++;
    } catch (error) {
      if (!(error instanceof AudioCloudError)) throw new Error(`seed ${seed}: ${error}`, { cause: error });
      counts.refused++;
    }
  }
  t.ok(counts.read > 50 && counts.refused > 200, JSON.stringify(counts));
});
