/** Time as the delivery to a device sees it: tests drive it. [control] */
export interface DeviceClock {
  /** Milliseconds that never jump. */
  now(): number;
  /** Calls once, after at least `ms`. Returns what ends it. */
  after(ms: number, call: () => void): () => void;
}

export const deviceClock: DeviceClock = {
  now: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, Math.ceil(ms));
    return () => clearTimeout(timer);
  },
};
