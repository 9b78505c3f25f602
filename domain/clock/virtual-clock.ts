import type { Cancel, Clock } from './clock.ts';

interface Timer {
  atMs: number;
  order: number;
  everyMs: number | undefined;
  call: () => void;
}

/** A clock that stands until it is told to go on. For tests and simulations. [control] */
export class VirtualClock implements Clock {
  #elapsedMs = 0;
  #offsetMs: number;
  #order = 0;
  readonly #timers = new Set<Timer>();

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

  /** How long until the next timer; undefined when there is none. */
  get nextInMs(): number | undefined {
    const next = this.#next();
    return next && Math.max(0, next.atMs - this.#elapsedMs);
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Lets so much time go by; calls what is due, in order, each at its time. */
  advance(ms: number): void {
    const until = this.#elapsedMs + ms;
    for (let next = this.#next(); next && next.atMs <= until; next = this.#next()) {
      this.#elapsedMs = Math.max(this.#elapsedMs, next.atMs);
      if (next.everyMs === undefined) this.#timers.delete(next);
      else next.atMs += next.everyMs;
      next.call();
    }
    this.#elapsedMs = until;
  }

  #add(ms: number, call: () => void, everyMs?: number): Cancel {
    const timer = { atMs: this.#elapsedMs + Math.max(0, ms), order: this.#order++, everyMs, call };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers)
      if (!next || timer.atMs < next.atMs || (timer.atMs === next.atMs && timer.order < next.order)) next = timer;
    return next;
  }
}
