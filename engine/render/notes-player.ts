import type { MemoryRunner } from './memory-runner.ts';
import type { NotesImage } from './task-image.ts';

const CHANNELS = 16;
const KEYS = 128;
/** A note was begun. */
const SOUNDS = 1;
/** It is to be ended as soon as there is room in the list of the instance. */
const ENDS = 2;
const NOTE_OFF = 0x80;
const NOTE_ON = 0x90;

interface Score {
  image: NotesImage;
  /** The timeline frame up to which it was played; -1: it begins anew, and what sounded has ended. */
  next: number;
  /** The first message that was not played. */
  index: number;
  /** One byte for each channel and key: SOUNDS, ENDS, or 0. */
  readonly sounding: Uint8Array;
  count: number;
  /** Something ENDS. */
  isReleasing: boolean;
}

/** The first of `frames`, which rise, that is not below `frame`. */
function firstFrom(frames: Float64Array, frame: number): number {
  let low = 0;
  let high = frames.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (frames[middle]! < frame) low = middle + 1;
    else high = middle;
  }
  return low;
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

/**
 * Gives instances the notes of the timeline, as events at their frames. [render]
 *
 * It depends on the place on the timeline alone, so live and offline are the same. After a jump what sounded is ended. When
 * the list of an instance is full the rest comes with the next part: late, but none is lost.
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
  update(images: readonly NotesImage[], position: number): void {
    const keyOf = ({ memory, record, port }: NotesImage) => `${memory} ${record} ${port}`;
    const before = new Map(this.scores.map((score) => [keyOf(score.image), score]));
    this.scores = images.map((image) => {
      const score = before.get(keyOf(image));
      if (score?.image.serial === image.serial) return score;
      return {
        image,
        next: score ? score.next : -1,
        index: firstFrom(image.frames, score && score.next >= 0 ? score.next : position),
        sounding: score?.sounding ?? new Uint8Array(CHANNELS * KEYS),
        count: score?.count ?? 0,
        isReleasing: score?.isReleasing ?? false,
      };
    });
    for (const score of this.scores) if (score.count > 0) this.keepWhatEnds(score);
  }

  /** Play begins at a place: nothing sounds, for the instances are reset. */
  begin(position: number): void {
    for (let s = 0; s < this.scores.length; s++) {
      const score = this.scores[s]!;
      score.sounding.fill(0);
      score.count = 0;
      score.isReleasing = false;
      score.next = position;
      score.index = firstFrom(score.image.frames, position);
    }
  }

  /** The first frame of the timeline, from `position` on, at which there is something to play; infinite: never. */
  nextFrom(position: number): number {
    const { scores } = this;
    let next = Number.POSITIVE_INFINITY;
    for (let s = 0; s < scores.length; s++) {
      const { image, isReleasing, index, next: played } = scores[s]!;
      if (isReleasing) return position;
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
      if (score.next !== position) {
        this.endAll(score);
        score.index = firstFrom(score.image.frames, position);
      }
      score.next = position + frames;
      if (score.isReleasing && !this.release(score, at)) continue;
      this.playScore(score, position, at, frames);
    }
    return this.hasGiven;
  }

  private playScore(score: Score, position: number, at: number, frames: number): void {
    const { image, sounding } = score;
    const end = position + frames;
    for (; score.index < image.frames.length; score.index++) {
      const frame = image.frames[score.index]!;
      if (frame >= end) return;
      const message = image.messages[score.index]!;
      if (!this.push(image, at + Math.max(0, frame - position), message)) return;
      const note = noteOf(message);
      if (note < 0) continue;
      const now = begins(message) ? SOUNDS : 0;
      score.count += now - Math.min(SOUNDS, sounding[note]!);
      sounding[note] = now;
    }
  }

  private endAll(score: Score): void {
    if (score.count === 0) return;
    const { sounding } = score;
    for (let note = 0; note < sounding.length; note++) if (sounding[note] !== 0) sounding[note] = ENDS;
    score.isReleasing = true;
  }

  /** Ends what ENDS. False when the list is full: the rest follows. */
  private release(score: Score, at: number): boolean {
    const { image, sounding } = score;
    for (let note = 0; note < sounding.length; note++) {
      if (sounding[note] !== ENDS) continue;
      const message = NOTE_OFF | ((note / KEYS) | 0) | ((note % KEYS) << 8) | (64 << 16);
      if (!this.push(image, at, message)) return false;
      sounding[note] = 0;
      score.count -= 1;
    }
    score.isReleasing = false;
    return true;
  }

  /** Has what sounds end where the notes from here on say so, and else at once. */
  private keepWhatEnds(score: Score): void {
    const { image, sounding, index } = score;
    const isOpen = Uint8Array.from(sounding);
    let open = score.count;
    for (let i = index; i < image.messages.length && open > 0; i++) {
      const note = noteOf(image.messages[i]!);
      if (note < 0 || isOpen[note] === 0) continue;
      if (begins(image.messages[i]!)) sounding[note] = ENDS; // or it would go over into another one
      isOpen[note] = 0;
      open -= 1;
    }
    for (let note = 0; note < isOpen.length; note++) if (isOpen[note] !== 0) sounding[note] = ENDS;
    score.isReleasing = sounding.includes(ENDS);
  }

  private push({ memory, record, port }: NotesImage, frame: number, message: number): boolean {
    this.hasGiven = true;
    return this.runners[memory]!.pushMidi(record, frame, port, message);
  }
}
