import type { Notes, Task } from '@audiocloud/api';
import t from 'tap';
import { NotesImages } from './notes-images.ts';
import type { TaskInstance } from './task-instance.ts';

const RATE = 48000;

/** What is asked of an instance here. */
const instance = (name: string, record: number, ...ports: string[]) =>
  ({
    name,
    memory: 0,
    record,
    model: { id: `test:${name}` },
    midiPorts: new Map(ports.map((port, number) => [port, number])),
  }) as unknown as TaskInstance;

const instances = new Map([instance('synth', 32, 'keys', 'pads'), instance('gain', 64)].map((one) => [one.name, one]));
const seconds = (frame: number) => frame / RATE;
const note = (from: number, frames: number, key: number, more: Partial<Notes['notes'][number]> = {}) => ({
  seconds: seconds(from),
  lengthSeconds: seconds(frames),
  note: key,
  ...more,
});
const graphOf = (notes: Record<string, Notes>): Task => ({ sampleRate: RATE, notes });

/** Messages of a midi input of the synth: [frame, status, first, second]. */
function messagesOf(notes: Record<string, Notes>, port = 0, images = new NotesImages()) {
  const image = images.make(graphOf(notes), instances, RATE).find((one) => one.record === 32 && one.port === port)!;
  return Array.from(image.frames, (frame, i) => {
    const bytes = image.messages[i]!;
    return [frame, bytes & 0xff, (bytes >>> 8) & 0xff, bytes >>> 16];
  });
}
const played = (...notes: Notes['notes']) => messagesOf({ part: { instance: 'synth', notes } });

t.test('a note is two messages at round(seconds x sampleRate)', (t) => {
  t.same(played(note(100.4, 50, 60)), [
    [100, 0x90, 60, 100],
    [150, 0x80, 60, 64],
  ]);
  t.same(played(note(100.5, 50.2, 60, { velocity: 1, channel: 16 })), [
    [101, 0x9f, 60, 1],
    [151, 0x8f, 60, 64],
  ]);
  t.same(
    played(note(10, 0, 60)),
    [
      [10, 0x90, 60, 100],
      [11, 0x80, 60, 64],
    ],
    'of no length: one frame',
  ); // prettier-ignore
  t.end();
});

t.test('of one pitch and channel each ends where the next one begins', (t) => {
  t.same(
    played(note(0, 100, 60), note(40, 100, 60, { velocity: 1 }), note(40, 10, 62), note(40, 10, 60, { channel: 2 })),
    [
      [0, 0x90, 60, 100],
      [40, 0x80, 60, 64],
      [40, 0x90, 60, 1],
      [40, 0x90, 62, 100],
      [40, 0x91, 60, 100],
      [50, 0x80, 62, 64],
      [50, 0x81, 60, 64],
      [140, 0x80, 60, 64],
    ],
  );
  t.same(
    played(note(5, 10, 60), note(5, 20, 60, { velocity: 7 })),
    [
      [5, 0x90, 60, 7],
      [25, 0x80, 60, 64],
    ],
    'at one frame the last one counts',
  ); // prettier-ignore
  t.end();
});

t.test('at one frame ends come first, then what is no note, then beginnings', (t) => {
  const notes: Notes = {
    instance: 'synth',
    notes: [note(50, 10, 72), note(0, 50, 60)],
    messages: [
      { seconds: seconds(50), bytes: [0xb0, 64, 127] },
      { seconds: seconds(50), bytes: [0xe0, 0, 64] },
    ],
  };
  t.same(messagesOf({ part: notes }).slice(1, 5), [
    [50, 0x80, 60, 64],
    [50, 0xb0, 64, 127],
    [50, 0xe0, 0, 64],
    [50, 0x90, 72, 100],
  ]);
  t.end();
});

t.test('parts of one midi input are played together, those of another apart', (t) => {
  const parts: Record<string, Notes> = {
    b: { instance: 'synth', notes: [note(20, 5, 62)] },
    a: { instance: 'synth', port: 'keys', notes: [note(0, 100, 62)] },
    drums: { instance: 'synth', port: 'pads', notes: [note(1, 1, 36)] },
  };
  t.same(
    messagesOf(parts).map(([frame]) => frame),
    [0, 20, 20, 25],
  );
  t.same(
    messagesOf(parts, 1).map(([, , key]) => key),
    [36, 36],
  );
  const empty = new NotesImages().make(graphOf({}), instances, RATE);
  t.same(
    empty.map(({ record, port, frames }) => [record, port, frames.length]),
    [
      [32, 0, 0],
      [32, 1, 0],
    ],
    'there is one for each midi input, also an empty one',
  );
  t.end();
});

t.test('the same notes are the same image, others are another one', (t) => {
  const images = new NotesImages();
  const part: Notes = { instance: 'synth', notes: [note(0, 10, 60)] };
  const serial = (notes: Record<string, Notes>) => images.make(graphOf(notes), instances, RATE)[0]!.serial;
  const first = serial({ part });
  t.equal(serial({ part }), first);
  const other = serial({ part: { ...part, notes: [] } });
  t.not(other, first);
  t.not(serial({}), other);
  t.end();
});

t.test('what cannot be played is refused with the name of the notes', (t) => {
  const part: Notes = { instance: 'synth', notes: [] };
  const refused: [Partial<Notes>, string, RegExp][] = [
    [{ instance: 'ghost' }, 'NODE_UNKNOWN', /Cannot play notes 'part': the task has no instance 'ghost'/],
    [{ instance: 'gain' }, 'PORT_UNKNOWN', /Cannot play notes 'part': test:gain has no midi input/],
    [{ port: 'ghost' }, 'PORT_UNKNOWN', /Cannot play notes 'part': test:synth has the midi inputs keys, pads/],
    [
      { messages: [{ seconds: 1, bytes: [0xf8, 0] }] },
      'PARAMETER_VALUE',
      /Cannot play notes 'part': \[248, 0\] is no MIDI message/,
    ],
  ];
  for (const [wrong, code, message] of refused)
    t.throws(() => messagesOf({ part: { ...part, ...wrong } }), { code, message }, code);
  t.end();
});
