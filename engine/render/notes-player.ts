import { firstFrom } from './first-from.ts';
import type { MemoryRunner } from './memory-runner.ts';
import type { MidiStateImage, NotesImage } from './task-image.ts';

const KEYS = 128;
/** A byte for each key of each channel. */
export const HELD_BYTES = 16 * KEYS;
/** A note was begun. */
const SOUNDS = 1;
/** It is to be ended as soon as there is room in the list of the instance. */
const ENDS = 2;
const NOTE_OFF = 0x80;
const NOTE_ON = 0x90;

interface Score {
  /** Its `held` has SOUNDS, ENDS, or 0; its `place` is where it was played up to, -1: it begins anew, and nothing sounds. */
  image: NotesImage;
  /** `place` as this renderer left it. Where it is another, another renderer has played, and what follows is not true. */
  next: number;
  /** The first message that was not played. */
  index: number;
  /** Keys that are held. */
  count: number;
  /** Something ENDS. */
  isReleasing: boolean;
  /** Those of the image, then those that notes before it moved and this one does not know. */
  states: readonly MidiStateImage[];
  /** Of each state: the message that was sent last. */
  sent: Uint32Array;
  /** Where the timeline jumped to: states are brought to what they are there. */
  jumpedTo: number;
  /** States that are brought there; all: nothing is to be done. */
  brought: number;
}

/** Of `keepWhatEnds`, on this thread: a renderer may take over inside a block, where nothing is allocated. */
const isOpen = new Uint8Array(HELD_BYTES);

/** No place of the timeline: nothing was played by this renderer. */
const NOWHERE = -2;

/** The message that says what a state is at a frame; 0: it is not known. */
function stateAt({ frames, messages, rest }: MidiStateImage, frame: number): number {
  const i = firstFrom(frames, frame);
  return i > 0 ? messages[i - 1]! : rest;
}

/** Channel and key of a note's message, counted through; -1 for another message. */
function noteOf(message: number): number {
  const kind = message & 0xf0;
  return kind === NOTE_ON || kind === NOTE_OFF ? (message & 0x0f) * KEYS + ((message >>> 8) & 0x7f) : -1;
}

/** Whether a message begins a note: a velocity of 0 ends it. */
function begins(message: number): boolean {
  return (message & 0xf0) === NOTE_ON && message >>> 16 !== 0;
}

/** States that the notes of a score moved and others do not know: they go back to rest. */
function movedAlone({ states, sent }: Score, others: readonly MidiStateImage[]): MidiStateImage[] {
  const known = new Set(others.map(({ key }) => key));
  const nothing = { frames: new Float64Array(), messages: new Uint32Array() };
  return states
    .filter(({ key, rest }, i) => !known.has(key) && rest !== 0 && sent[i] !== rest)
    .map(({ key, rest }) => ({ key, rest, ...nothing }));
}

/** Other notes for the same midi input, from where the ones before were played up to. */
function scoreAfter(before: Score, image: NotesImage): Score {
  const states = [...image.states, ...movedAlone(before, image.states)];
  const sent = new Map(before.states.map(({ key }, i) => [key, before.sent[i]!]));
  return {
    ...before,
    image,
    index: firstFrom(image.frames, before.next),
    states,
    sent: Uint32Array.from(states, ({ key, rest }) => sent.get(key) ?? rest),
    jumpedTo: before.next,
    brought: 0,
  };
}

/** Notes of which this renderer has played nothing. */
function newScore(image: NotesImage): Score {
  const { states } = image;
  const sent = new Uint32Array(states.length);
  return { image, next: NOWHERE, index: 0, count: 0, isReleasing: false, states, sent, jumpedTo: 0, brought: 0 };
}

/** Nothing sounds, and nothing is moved from its rest. */
function forget(score: Score): void {
  const { image, states, sent, next } = score;
  image.held.fill(0);
  score.count = 0;
  score.isReleasing = false;
  for (let i = 0; i < states.length; i++) sent[i] = states[i]!.rest;
  score.jumpedTo = next;
  score.brought = 0;
}

/** Goes on where another renderer stopped, or begins where there was none. */
function takeOver(score: Score): void {
  const { image, states, sent } = score;
  const { held, place, frames } = image;
  const next = place[0]!;
  score.next = next;
  if (next < 0) {
    forget(score);
    return;
  }
  score.index = firstFrom(frames, next);
  score.jumpedTo = next;
  score.brought = 0;
  score.count = 0;
  for (let note = 0; note < held.length; note++) if (held[note] !== 0) score.count += 1;
  for (let i = 0; i < states.length; i++) sent[i] = stateAt(states[i]!, next);
  keepWhatEnds(score);
}

function endAll(score: Score): void {
  if (score.count === 0) return;
  const { held } = score.image;
  for (let note = 0; note < held.length; note++) if (held[note] !== 0) held[note] = ENDS;
  score.isReleasing = true;
}

/** Has what sounds end where the notes from here on say so, and else at once. */
function keepWhatEnds(score: Score): void {
  const { image, index } = score;
  const { held, messages } = image;
  isOpen.set(held);
  let open = score.count;
  for (let i = index; i < messages.length && open > 0; i++) {
    const note = noteOf(messages[i]!);
    if (note < 0 || isOpen[note] === 0) continue;
    if (begins(messages[i]!)) held[note] = ENDS; // or it would go over into another one
    isOpen[note] = 0;
    open -= 1;
  }
  for (let note = 0; note < isOpen.length; note++) if (isOpen[note] !== 0) held[note] = ENDS;
  score.isReleasing = held.includes(ENDS);
}

/**
 * Gives instances the notes of the timeline, as events at their frames. [render]
 *
 * It depends on the place on the timeline alone, so live and offline are the same. After a jump what sounded is ended, and
 * controllers, programs, pressure and bend are what they are at the place. When the list of an instance is full the rest comes
 * with the next part: late, but none is lost.
 */
export class NotesPlayer {
  private scores: Score[] = [];
  private hasGiven = false;
  private readonly runners: readonly MemoryRunner[];

  constructor(runners: readonly MemoryRunner[]) {
    this.runners = runners;
  }

  get isEmpty(): boolean {
    return this.scores.length === 0;
  }

  /** Goes over to the notes of a new plan: what sounds goes on where they end it, and is ended where they do not. [render, between blocks] */
  update(images: readonly NotesImage[]): void {
    const keyOf = ({ memory, record, port }: NotesImage) => `${memory} ${record} ${port}`;
    const scores = new Map(this.scores.map((score) => [keyOf(score.image), score]));
    this.scores = images.map((image) => {
      const before = scores.get(keyOf(image));
      if (!before || before.next !== image.place[0]) return newScore(image);
      if (before.image.serial === image.serial) return before;
      const score = scoreAfter(before, image);
      keepWhatEnds(score);
      return score;
    });
  }

  /** Play begins at a place: nothing sounds and nothing is moved, for the instances are reset. */
  begin(position: number): void {
    for (let s = 0; s < this.scores.length; s++) {
      const score = this.scores[s]!;
      score.image.place[0] = position;
      score.next = position;
      score.index = firstFrom(score.image.frames, position);
      forget(score);
    }
  }

  /** An instance is another one, as new: nothing sounds in it, and what the timeline has moved is moved again. */
  renew(memory: number, record: number): void {
    for (let s = 0; s < this.scores.length; s++) {
      const score = this.scores[s]!;
      const { image, next } = score;
      if (image.memory !== memory || image.record !== record) continue;
      if (next !== image.place[0]) takeOver(score);
      forget(score);
    }
  }

  /** The first frame of the timeline, from `position` on, at which there is something to play; infinite: never. */
  nextFrom(position: number): number {
    const { scores } = this;
    let next = Number.POSITIVE_INFINITY;
    for (let s = 0; s < scores.length; s++) {
      const { image, isReleasing, states, brought, index, next: played } = scores[s]!;
      if (isReleasing || brought < states.length) return position;
      const { frames } = image;
      const i = played === position ? index : firstFrom(frames, position);
      if (i < frames.length) next = Math.min(next, Math.max(position, frames[i]!));
    }
    return next;
  }

  /**
   * Plays `frames` frames of the timeline from `position` on, which are heard from frame `at` of the part on. Returns whether
   * an instance was given anything.
   */
  play(position: number, at: number, frames: number): boolean {
    const { scores } = this;
    this.hasGiven = false;
    for (let s = 0; s < scores.length; s++) {
      const score = scores[s]!;
      const { image } = score;
      if (score.next !== image.place[0]) takeOver(score);
      if (score.next !== position) {
        endAll(score);
        score.index = firstFrom(image.frames, position);
        score.jumpedTo = position;
        score.brought = 0;
      }
      score.next = position + frames;
      image.place[0] = score.next;
      if (score.isReleasing && !this.release(score, at)) continue;
      if (!this.bring(score, at)) continue;
      this.playScore(score, position, at, frames);
    }
    return this.hasGiven;
  }

  private playScore(score: Score, position: number, at: number, frames: number): void {
    const { image } = score;
    const { held } = image;
    const end = position + frames;
    for (; score.index < image.frames.length; score.index++) {
      const frame = image.frames[score.index]!;
      if (frame >= end) return;
      const message = image.messages[score.index]!;
      if (!this.push(image, at + Math.max(0, frame - position), message)) return;
      const state = image.stateOf[score.index]!;
      if (state >= 0) score.sent[state] = message;
      const note = noteOf(message);
      if (note < 0) continue;
      const now = begins(message) ? SOUNDS : 0;
      score.count += now - Math.min(SOUNDS, held[note]!);
      held[note] = now;
    }
  }

  /** Ends what ENDS. False when the list is full: the rest follows. */
  private release(score: Score, at: number): boolean {
    const { image } = score;
    const { held } = image;
    for (let note = 0; note < held.length; note++) {
      if (held[note] !== ENDS) continue;
      const message = NOTE_OFF | ((note / KEYS) | 0) | ((note % KEYS) << 8) | (64 << 16);
      if (!this.push(image, at, message)) return false;
      held[note] = 0;
      score.count -= 1;
    }
    score.isReleasing = false;
    return true;
  }

  /** Brings states to what they are where the timeline jumped to. False when the list is full: the rest follows. */
  private bring(score: Score, at: number): boolean {
    const { image, states, sent, jumpedTo } = score;
    for (; score.brought < states.length; score.brought++) {
      const message = stateAt(states[score.brought]!, jumpedTo);
      if (message === 0 || message === sent[score.brought]) continue;
      if (!this.push(image, at, message)) return false;
      sent[score.brought] = message;
    }
    return true;
  }

  private push({ memory, record, port }: NotesImage, frame: number, message: number): boolean {
    this.hasGiven = true;
    return this.runners[memory]!.pushMidi(record, frame, port, message);
  }
}
