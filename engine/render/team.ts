import { BRANCHES_MAXIMUM, type BranchPlan } from './branch-plan.ts';

/*
 * The branches of one block, shared out among threads. One memory for each image, little-endian, all i32:
 *
 *    0  branches done      4  1: the owner sleeps on `done`      8  frames of this part of the block
 *   64  threads asleep, who sleep on the word 128
 *  128  epoch
 *  then a line of 64 bytes for each seat:
 *         0  ticket: epoch << 8 | place of the next branch in the queue; raised by compare-and-exchange
 *         4  branches that were put into the queue        8  1: its thread is looking for work
 *  then for each seat its queue, one word a branch: epoch << 8 | branch
 *  then for each branch how many it still waits for; then for each branch the seat that did it last
 *
 * The owner of the task opens an epoch for every part of a block, and ends it when all branches are done. A branch that is
 * ready goes into the queue of the thread that did it last: what it works on is in the cache there. Whoever finds nothing
 * in its own queue takes from the others. Nobody holds a place in a queue that is still empty: a thread may come, go, or be
 * ended and replaced at any branch.
 *
 * The words are only read and written with Atomics, so what a branch wrote into a task's memories is seen by who follows.
 */
const DONE = 0;
const OWNER_SLEEPS = 1;
const FRAMES = 2;
const SLEEPERS = 16;
const EPOCH = 32;
const LINES_AT = 48;
const LINE_WORDS = 16;
const TICKET = 0;
const QUEUED = 1;
const LOOKING = 2;
const EPOCH_MASK = 0xffffff;

/** `take` found nothing. */
export const NONE = -1;

/** Looks of a thread that waits, with a pause of 40 ns or so between, before it goes to sleep: about 100 us. */
const LOOKS = 2000;
/** Looks for work of its own before it takes that of another who is looking as well: about 5 us. */
const GRACE = 100;
const SLEEP_MS = 1;

const { pause = () => {} } = Atomics as { pause?: () => void };

/** One thread's view of the team of a task. [render] */
export class Team {
  readonly branches: number;
  readonly seats: number;
  private readonly plan: BranchPlan;
  private readonly words: Int32Array;
  private readonly seat: number;
  private readonly line: number;
  private readonly queuesAt: number;
  private readonly pendingAt: number;
  private readonly lastAt: number;

  /** homes: by branch, the seat that shall do it first. [control] */
  static memory(seats: number, homes: readonly number[]): SharedArrayBuffer {
    const branches = homes.length;
    const lastAt = LINES_AT + seats * LINE_WORDS + (seats + 1) * branches;
    const words = new Int32Array(new SharedArrayBuffer((lastAt + branches) * 4));
    words.set(homes, lastAt);
    // epoch 0 never was: all of it is taken
    for (let s = 0; s < seats; s++) words[LINES_AT + s * LINE_WORDS + TICKET] = BRANCHES_MAXIMUM;
    return words.buffer as SharedArrayBuffer;
  }

  /** seats: as in `memory`. A seat beyond them finds nothing to do. */
  constructor(plan: BranchPlan, seat = 0) {
    this.plan = plan;
    this.branches = plan.waitsFor.length;
    this.seats = plan.seats;
    this.seat = seat;
    this.words = new Int32Array(plan.shared);
    this.line = LINES_AT + seat * LINE_WORDS;
    this.queuesAt = LINES_AT + this.seats * LINE_WORDS;
    this.pendingAt = this.queuesAt + this.seats * this.branches;
    this.lastAt = this.pendingAt + this.branches;
  }

  /** Opens the next epoch. Only its owner calls this, when the one before is over. */
  open(frames: number): void {
    const { words, plan, branches, pendingAt, seats } = this;
    const epoch = (words[EPOCH]! + 1) & EPOCH_MASK;
    Atomics.store(words, this.line + LOOKING, 1);
    Atomics.store(words, DONE, 0);
    Atomics.store(words, FRAMES, frames);
    for (let b = 0; b < branches; b++) Atomics.store(words, pendingAt + b, plan.waitsFor[b]!);
    for (let s = 0; s < seats; s++) {
      Atomics.store(words, LINES_AT + s * LINE_WORDS + QUEUED, 0);
      Atomics.store(words, LINES_AT + s * LINE_WORDS + TICKET, epoch << 8);
    }
    Atomics.store(words, EPOCH, epoch);
    let ready = 0;
    for (let b = 0; b < branches; b++)
      if (plan.waitsFor[b] === 0) {
        this.enqueue(b, epoch);
        ready++;
      }
    this.wake(ready - 1);
  }

  /** Takes a branch to do, its own before those of others: its index, or NONE. */
  take(): number {
    const own = this.takeFrom(this.seat);
    if (own !== NONE) return own;
    const { words, seats, seat } = this;
    for (let i = 1; i < seats; i++) {
      const other = (seat + i) % seats;
      const line = LINES_AT + other * LINE_WORDS;
      if (Atomics.load(words, line + QUEUED) <= (Atomics.load(words, line + TICKET) & 255)) continue;
      for (let look = 0; look < GRACE && Atomics.load(words, line + LOOKING) === 1; look++) {
        pause();
        const mine = this.takeFrom(seat);
        if (mine !== NONE) return mine;
      }
      const found = this.takeFrom(other);
      if (found === NONE) continue;
      Atomics.store(words, this.lastAt + found, seat);
      return found;
    }
    return NONE;
  }

  /** Frames to render; valid for who has a branch. */
  get frames(): number {
    return Atomics.load(this.words, FRAMES);
  }

  /** The branch is done: those that waited for it alone are ready. */
  complete(branch: number): void {
    const { words, plan, pendingAt } = this;
    const epoch = Atomics.load(words, EPOCH); // it cannot end before `done` is raised
    let ready = 0;
    for (let n = plan.firstNext[branch]!; n < plan.firstNext[branch + 1]!; n++) {
      const next = plan.next[n]!;
      if (Atomics.sub(words, pendingAt + next, 1) !== 1) continue;
      this.enqueue(next, epoch);
      ready++;
    }
    Atomics.add(words, DONE, 1);
    if (Atomics.load(words, OWNER_SLEEPS) === 1) Atomics.notify(words, DONE);
    this.wake(ready - 1); // the first of them is for who did this one
  }

  get done(): number {
    return Atomics.load(this.words, DONE);
  }

  /** All branches are done: the owner goes about other things. */
  close(): void {
    Atomics.store(this.words, this.line + LOOKING, 0);
  }

  /** The owner waits until something has changed since `done` branches were done; false: nothing did for about a millisecond. */
  await(done: number): boolean {
    const { words } = this;
    for (let look = 0; look < LOOKS; look++) {
      if (Atomics.load(words, DONE) !== done) return true;
      pause();
    }
    Atomics.store(words, OWNER_SLEEPS, 1);
    const woken = Atomics.wait(words, DONE, done, SLEEP_MS);
    Atomics.store(words, OWNER_SLEEPS, 0);
    return woken !== 'timed-out';
  }

  /** A thread that helps looks for about 100 us whether there is a branch for it. */
  look(): number {
    const { words, line } = this;
    if (this.seat >= this.seats) return NONE;
    Atomics.store(words, line + LOOKING, 1);
    let found = this.take();
    for (let look = 0; look < LOOKS && found === NONE; look++) {
      pause();
      found = this.take();
    }
    Atomics.store(words, line + LOOKING, 0);
    return found;
  }

  /** A thread that helps sleeps until there may be a branch for it, at most `timeoutMs`. */
  sleep(timeoutMs: number): void {
    const { words } = this;
    const epoch = Atomics.load(words, EPOCH);
    Atomics.add(words, SLEEPERS, 1);
    let isAny = false;
    for (let s = 0; s < this.seats && !isAny; s++) {
      const line = LINES_AT + s * LINE_WORDS;
      isAny = Atomics.load(words, line + QUEUED) > (Atomics.load(words, line + TICKET) & 255);
    }
    if (!isAny) Atomics.wait(words, EPOCH, epoch, timeoutMs);
    Atomics.sub(words, SLEEPERS, 1);
  }

  /** Lets everyone who sleeps look about, because it is over. [any] */
  disturb(): void {
    Atomics.notify(this.words, EPOCH);
  }

  private takeFrom(seat: number): number {
    const { words, queuesAt, branches } = this;
    const line = LINES_AT + seat * LINE_WORDS;
    for (;;) {
      const ticket = Atomics.load(words, line + TICKET);
      const place = ticket & 255;
      if (place >= branches) return NONE;
      const entry = Atomics.load(words, queuesAt + seat * branches + place);
      if (entry >>> 8 !== ticket >>> 8) return NONE;
      if (Atomics.compareExchange(words, line + TICKET, ticket, ticket + 1) === ticket) return entry & 255;
    }
  }

  private enqueue(branch: number, epoch: number): void {
    const { words, queuesAt, branches, lastAt } = this;
    const seat = Atomics.load(words, lastAt + branch);
    const place = Atomics.add(words, LINES_AT + seat * LINE_WORDS + QUEUED, 1);
    Atomics.store(words, queuesAt + seat * branches + place, (epoch << 8) | branch);
  }

  private wake(branches: number): void {
    if (branches > 0 && Atomics.load(this.words, SLEEPERS) > 0) Atomics.notify(this.words, EPOCH, branches);
  }
}
