/** Ends what was begun; calling it again does nothing. */
export type Cancel = () => void;

/**
 * Time as the domain's core sees it: it takes it from here alone, so that a simulation can drive it. [control]
 *
 * No timer keeps the process alive.
 */
export interface Clock {
  /** Milliseconds since 1970. May jump, in both directions, as the clock of a machine does. */
  now(): number;
  /** Calls once, after at least `ms`. Jumps of `now` do not change when. */
  after(ms: number, call: () => void): Cancel;
  /** Calls again and again. */
  every(ms: number, call: () => void): Cancel;
  /** Settles when all else that waits had its turn: long work asks for it now and then. */
  turn(): Promise<void>;
}

/** A longer timer of Node is due at once: 24.8 days. */
const LONGEST_MS = 2 ** 31 - 1;

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, call) {
    let timer: NodeJS.Timeout;
    const begin = (restMs: number) => {
      const rest = restMs > LONGEST_MS ? () => begin(restMs - LONGEST_MS) : call;
      timer = setTimeout(rest, Math.min(Math.max(0, restMs), LONGEST_MS));
      timer.unref();
    };
    begin(ms);
    return () => clearTimeout(timer);
  },
  every(ms, call) {
    const timer = setInterval(call, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
  turn: () => new Promise((resolve) => setImmediate(resolve)),
};
