import type { Cancel, Clock } from '../../clock/clock.ts';
import type { VirtualClock } from '../../clock/virtual-clock.ts';

/** The clock of one process of the world: whatever it waits for ends with its life. [control] */
export class Life implements Clock {
  readonly #clock: VirtualClock;
  readonly #open = new Set<Cancel>();
  #isOver = false;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Timers that are not due yet. */
  get timers(): number {
    return this.#open.size;
  }

  /** Since the world began; no jump of `now` changes that. */
  get elapsedMs(): number {
    return this.#clock.elapsedMs;
  }

  now(): number {
    return Math.floor(this.#clock.now());
  }

  after(ms: number, call: () => void): Cancel {
    return this.#add((run) => this.#clock.after(ms, run), call, true);
  }

  every(ms: number, call: () => void): Cancel {
    return this.#add((run) => this.#clock.every(ms, run), call, false);
  }

  turn(): Promise<void> {
    return this.sleep(0);
  }

  /** Never settles when the life ends before. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Killed: nothing of it is called any more. */
  end(): void {
    this.#isOver = true;
    for (const cancel of this.#open) cancel();
    this.#open.clear();
  }

  #add(begin: (run: () => void) => Cancel, call: () => void, isOnce: boolean): Cancel {
    if (this.#isOver) return () => undefined;
    const run = () => {
      if (isOnce) this.#open.delete(cancel);
      call();
    };
    const cancel = begin(run);
    this.#open.add(cancel);
    return () => {
      this.#open.delete(cancel);
      cancel();
    };
  }
}
