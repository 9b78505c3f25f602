import t from 'tap';
import { midiStates } from '../task/midi-states.ts';
import type { MemoryRunner } from './memory-runner.ts';
import { HELD_BYTES, NotesPlayer } from './notes-player.ts';
import type { NotesImage } from './task-image.ts';

type Message = readonly [frame: number, status: number, first: number, second: number];

let serial = 0;

/** Notes as they come from NotesImages: messages that rise. like: other notes of the same midi input. */
function imageOf(messages: readonly Message[], like: Partial<NotesImage> = {}): NotesImage {
  const frames = Float64Array.from(messages, ([frame]) => frame);
  const words = Uint32Array.from(messages, ([, status, first, second]) => status | (first << 8) | (second << 16));
  const { record = 1, port = 0, held = new Uint8Array(HELD_BYTES), place = Float64Array.of(-1) } = like;
  const states = midiStates(frames, words);
  return { serial: ++serial, memory: 0, record, port, held, place, frames, messages: words, ...states };
}

const on = (frame: number, key: number, velocity = 100): Message => [frame, 0x90, key, velocity];
const off = (frame: number, key: number): Message => [frame, 0x80, key, 64];

/** Stands for the lists of events of instances: notes what is given, and is full after `room` messages. */
class Lists {
  readonly given: Message[] = [];
  readonly places: [record: number, port: number][] = [];
  room = Number.POSITIVE_INFINITY;

  pushMidi(record: number, frame: number, port: number, message: number): boolean {
    if (this.room === 0) return false;
    this.room -= 1;
    this.given.push([frame, message & 0xff, (message >>> 8) & 0xff, message >>> 16]);
    this.places.push([record, port]);
    return true;
  }

  /** What was given since the last call. */
  take(): Message[] {
    return this.given.splice(0);
  }
}

function playing(messages: readonly Message[], position = 0) {
  const lists = new Lists();
  const player = new NotesPlayer([lists as unknown as MemoryRunner]);
  const image = imageOf(messages);
  player.update([image]);
  player.begin(position);
  return { lists, player, image };
}

t.test('a message comes at its frame of the part, once, whatever the parts are', (t) => {
  const score = [on(0, 60), on(127, 64, 1), off(128, 60), on(300, 67), off(511, 64), off(512, 67)];
  for (const size of [1, 100, 128, 512, 1000]) {
    const { lists, player } = playing(score);
    const heard: Message[] = [];
    for (let position = 0; position < 1000; position += size) {
      player.play(position, 7, size);
      for (const [frame, ...bytes] of lists.take()) heard.push([position + frame - 7, ...bytes]);
    }
    t.same(heard, score, `${size} frames`);
  }
  t.end();
});

t.test('a chord is one message for each key, in order; instances and inputs have their own', (t) => {
  const lists = new Lists();
  const player = new NotesPlayer([lists as unknown as MemoryRunner]);
  player.update([imageOf([on(5, 60), on(5, 64), on(5, 67)]), imageOf([on(5, 36)], { record: 2, port: 1 })]);
  player.begin(0);
  t.equal(player.play(0, 0, 128), true);
  t.same(lists.take(), [on(5, 60), on(5, 64), on(5, 67), on(5, 36)]);
  t.same(lists.places, [
    [1, 0],
    [1, 0],
    [1, 0],
    [2, 1],
  ]); // prettier-ignore
  t.equal(player.play(128, 0, 128), false, 'nothing more');
  t.end();
});

t.test('play begins with the notes that begin there or later', (t) => {
  const { lists, player } = playing([on(0, 60), off(200, 60), on(200, 62), off(300, 62)], 200);
  player.play(200, 0, 128);
  t.same(lists.take(), [off(0, 60), on(0, 62), off(100, 62)]);
  t.end();
});

t.test('a jump ends what sounds, at its frame, before what is played there', (t) => {
  const { lists, player } = playing([on(0, 60), on(10, 64), off(1000, 60), on(500, 72)].sort((a, b) => a[0] - b[0]));
  player.play(0, 0, 100);
  lists.take();
  player.play(500, 0, 50);
  t.same(lists.take(), [off(0, 60), off(0, 64), on(0, 72)], 'a seek');
  player.play(0, 50, 20);
  t.same(lists.take(), [off(50, 72), on(50, 60), on(60, 64)], 'the seam of a loop, inside a part');
  player.play(20, 0, 20);
  t.same(lists.take(), [], 'and no jump ends nothing');
  t.end();
});

t.test('other notes while they sound: what ends there goes on, what does not is ended', (t) => {
  const { lists, player, image } = playing([on(0, 60), on(0, 64), on(0, 67), off(300, 60), off(300, 64), off(300, 67)]);
  player.play(0, 0, 100);
  lists.take();
  // 60 ends earlier, 64 has no end and begins again later, 67 is gone
  player.update([imageOf([on(0, 60), off(150, 60), on(170, 64), off(190, 64)], image)]);
  player.play(100, 0, 100);
  t.same(lists.take(), [off(0, 64), off(0, 67), off(50, 60), on(70, 64), off(90, 64)]);
  player.play(200, 0, 200);
  t.same(lists.take(), [], 'nothing is ended twice');
  t.end();
});

t.test('notes that stay the same are not touched by an edit; those that come are played from there on', (t) => {
  const { lists, player, image } = playing([on(0, 60), off(300, 60)]);
  player.play(0, 0, 100);
  const stays = imageOf([on(0, 60), off(300, 60)], image);
  player.update([stays]);
  player.update([stays, imageOf([on(50, 36), on(120, 38)], { record: 2 })]);
  lists.take();
  player.play(100, 0, 100);
  t.same(lists.take(), [on(20, 38)]);
  player.play(200, 0, 128);
  t.same(lists.take(), [off(100, 60)]);
  t.end();
});

t.test('where the list of an instance is full the rest comes late, in order, and none is lost', (t) => {
  const chord = Array.from({ length: 10 }, (_, i) => on(3, 60 + i));
  const { lists, player } = playing([...chord, on(200, 40), ...chord.map(([, , key]) => off(300, key))]);
  lists.room = 4;
  player.play(0, 0, 128);
  t.same(lists.take(), chord.slice(0, 4));
  t.equal(player.nextFrom(128), 128, 'there is something at once');
  lists.room = 4;
  player.play(128, 0, 72);
  t.same(
    lists.take(),
    chord.slice(4, 8).map(([, ...bytes]) => [0, ...bytes]),
  );
  lists.room = Number.POSITIVE_INFINITY;
  player.play(200, 0, 50);
  t.same(lists.take(), [...chord.slice(8).map(([, ...bytes]) => [0, ...bytes]), on(0, 40)]);
  lists.room = 3;
  player.play(1000, 0, 10);
  t.equal(lists.take().length, 3, 'three of eleven are ended');
  t.equal(player.nextFrom(1010), 1010);
  lists.room = Number.POSITIVE_INFINITY;
  player.play(1010, 0, 10);
  t.equal(lists.take().length, 8, 'then the others');
  t.equal(player.nextFrom(1020), Number.POSITIVE_INFINITY);
  t.end();
});

t.test('a note on of velocity 0 ends a note; other messages are neither', (t) => {
  const { lists, player } = playing([on(0, 60), [1, 0xb0, 64, 127], on(2, 60, 0), [3, 0xe0, 0, 64]]);
  player.play(0, 0, 10);
  t.equal(lists.take().length, 4);
  player.play(500, 0, 10);
  t.same(lists.take(), [], 'nothing sounds any more');
  t.end();
});

t.test('play from the start of all forgets what sounded: instances are reset there', (t) => {
  const { lists, player } = playing([on(0, 60), off(300, 60)]);
  player.play(0, 0, 10);
  lists.take();
  player.begin(50);
  player.play(50, 0, 10);
  t.same(lists.take(), []);
  t.end();
});

const pedal = (frame: number, value: number): Message => [frame, 0xb0, 64, value];
const bend = (frame: number, value: number): Message => [frame, 0xe1, 0, value];

t.test('after a jump controllers and bend are what they are there; what is so already is not sent', (t) => {
  const { lists, player } = playing([pedal(10, 127), bend(20, 90), [25, 0xc0, 5, 0], pedal(30, 0), bend(40, 64)]);
  player.play(0, 0, 25);
  lists.take();
  player.play(0, 0, 5);
  t.same(lists.take(), [pedal(0, 0), bend(0, 64)], 'at the seam of a loop the pedal goes up');
  player.play(35, 0, 5);
  t.same(lists.take(), [bend(0, 90), [0, 0xc0, 5, 0]], 'as if it had been played up to there');
  player.play(15, 0, 1);
  t.same(lists.take(), [pedal(0, 127), bend(0, 64)], 'a program stays: nobody knows the one before it');
  player.begin(15);
  player.play(15, 0, 1);
  t.same(lists.take(), [pedal(0, 127)], 'from the start of all only what is not at rest');
  t.end();
});

t.test('what notes moved that are gone goes back to rest', (t) => {
  const { lists, player, image } = playing([pedal(0, 127), bend(0, 90), on(100, 60)]);
  player.play(0, 0, 10);
  lists.take();
  player.update([imageOf([pedal(0, 127), on(100, 60)], image)]);
  player.play(10, 0, 10);
  t.same(lists.take(), [bend(0, 64)]);
  player.update([imageOf([], image)]);
  player.play(20, 0, 10);
  t.same(lists.take(), [pedal(0, 0)]);
  player.update([imageOf([], image)]);
  player.play(30, 0, 10);
  t.same(lists.take(), []);
  t.end();
});

t.test('states that find the list full come with the next part', (t) => {
  const { lists, player } = playing([pedal(0, 127), bend(0, 90), on(50, 60), off(60, 60)]);
  lists.room = 1;
  player.play(50, 0, 5);
  t.same(lists.take(), [pedal(0, 127)]);
  t.equal(player.nextFrom(55), 55);
  lists.room = Number.POSITIVE_INFINITY;
  player.play(55, 0, 10);
  t.same(lists.take(), [bend(0, 90), on(0, 60), off(5, 60)]);
  t.end();
});

t.test('another renderer goes on where the first one was: nothing comes twice, and a jump ends what sounds', (t) => {
  const { player, image } = playing(
    [pedal(0, 127), on(10, 60), off(300, 60), on(120, 62), off(400, 62)].sort((a, b) => a[0] - b[0]),
  );
  const lists = new Lists();
  const other = new NotesPlayer([lists as unknown as MemoryRunner]);
  other.update([{ ...image }]); // it is made while the first one still plays
  player.play(0, 0, 100);
  other.play(100, 0, 100);
  t.same(lists.take(), [on(20, 62)]);
  other.play(0, 0, 5);
  t.same(lists.take(), [off(0, 60), off(0, 62), pedal(0, 0), pedal(0, 127)]);
  t.end();
});

t.test(
  'an instance that was started again gets what the timeline has moved, and no end of notes that it never knew',
  (t) => {
    const { lists, player } = playing([pedal(0, 127), on(10, 60), on(500, 62)]);
    player.play(0, 0, 100);
    lists.take();
    player.renew(0, 2);
    player.play(100, 0, 100);
    t.same(lists.take(), [], 'not another one');
    player.renew(0, 1);
    player.play(200, 0, 100);
    t.same(lists.take(), [pedal(0, 127)]);
    player.play(450, 0, 100);
    t.same(lists.take(), [on(50, 62)]);
    t.end();
  },
);

t.test('nextFrom is the next frame with something to play, also far from where it stands', (t) => {
  const { player } = playing([on(100, 60), off(300, 60)]);
  t.equal(player.nextFrom(0), 100);
  player.play(0, 0, 100);
  t.equal(player.nextFrom(100), 100);
  player.play(100, 0, 1);
  t.equal(player.nextFrom(101), 300);
  t.equal(player.nextFrom(20), 100);
  t.equal(player.nextFrom(301), Number.POSITIVE_INFINITY);
  t.equal(new NotesPlayer([]).nextFrom(0), Number.POSITIVE_INFINITY);
  t.end();
});
