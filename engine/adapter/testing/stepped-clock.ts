import type { DeviceClock } from '../device-clock.ts';

/** A clock that stands until it is told how far to go. [control] */
export class SteppedClock implements DeviceClock {
  private nowMs = 0;
  private readonly timers = new Set<{ atMs: number; call: () => void }>();

  now(): number {
    return this.nowMs;
  }

  after(ms: number, call: () => void): () => void {
    const timer = { atMs: this.nowMs + ms, call };
    this.timers.add(timer);
    return () => void this.timers.delete(timer);
  }

  get isIdle(): boolean {
    return this.timers.size === 0;
  }

  /** Goes on by so many ms; whatever follows from each timer is done before the next. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    await settle();
    for (;;) {
      const [next] = [...this.timers].sort((a, b) => a.atMs - b.atMs);
      if (!next || next.atMs > untilMs) break;
      this.timers.delete(next);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.call();
      await settle();
    }
    this.nowMs = untilMs;
  }
}

/** What is due at once is done. */
export const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
