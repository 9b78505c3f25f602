import type { Cancel, Clock } from './clock.ts';

interface Timer {
  atMs: number;
  order: number;
  everyMs: number | undefined;
  call: () => void;
  isOver: boolean;
}

const isBefore = (a: Timer, b: Timer): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/** A clock that stands until it is told to go on. For tests and simulations. [control] */
export class VirtualClock implements Clock {
  #elapsedMs = 0;
  #offsetMs: number;
  #order = 0;
  /** A heap: the next one first, each before those at twice its place. Those that are over stay until they are due. */
  readonly #heap: Timer[] = [];
  #timers = 0;

  constructor(nowMs = 0) {
    this.#offsetMs = nowMs;
  }

  now(): number {
    return this.#offsetMs + this.#elapsedMs;
  }

  after(ms: number, call: () => void): Cancel {
    return this.#add(ms, call);
  }

  every(ms: number, call: () => void): Cancel {
    return this.#add(ms, call, ms);
  }

  turn(): Promise<void> {
    return Promise.resolve();
  }

  /** What `now` says is another time; timers go on as they were. */
  jump(ms: number): void {
    this.#offsetMs += ms;
  }

  /** How long it went on since it was made; no jump changes that. */
  get elapsedMs(): number {
    return this.#elapsedMs;
  }

  /** How long until the next timer; undefined when there is none. */
  get nextInMs(): number | undefined {
    const next = this.#next();
    return next && Math.max(0, next.atMs - this.#elapsedMs);
  }

  get timers(): number {
    return this.#timers;
  }

  /** Goes on to the next timer and calls it alone. Returns whether there was one. */
  step(): boolean {
    const next = this.#next();
    if (!next) return false;
    this.#elapsedMs = Math.max(this.#elapsedMs, next.atMs);
    this.#pop();
    if (next.everyMs === undefined) {
      next.isOver = true;
      this.#timers--;
    } else {
      next.atMs += next.everyMs;
      this.#push(next);
    }
    next.call();
    return true;
  }

  /** Lets so much time go by; calls what is due, in order, each at its time. */
  advance(ms: number): void {
    const until = this.#elapsedMs + ms;
    for (let next = this.#next(); next && next.atMs <= until; next = this.#next()) this.step();
    this.#elapsedMs = until;
  }

  #add(ms: number, call: () => void, everyMs?: number): Cancel {
    const atMs = this.#elapsedMs + Math.max(0, ms);
    const timer: Timer = { atMs, order: this.#order++, everyMs, call, isOver: false };
    this.#push(timer);
    this.#timers++;
    return () => {
      if (timer.isOver) return;
      timer.isOver = true;
      this.#timers--;
    };
  }

  #next(): Timer | undefined {
    while (this.#heap[0]?.isOver) this.#pop();
    return this.#heap[0];
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let place = heap.push(timer) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (!isBefore(timer, heap[above]!)) break;
      heap[place] = heap[above]!;
      place = above;
    }
    heap[place] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let place = 0;
    for (let below = 1; below < heap.length; below = 2 * place + 1) {
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++;
      if (!isBefore(heap[below]!, last)) break;
      heap[place] = heap[below]!;
      place = below;
    }
    heap[place] = last;
  }
}
