import { readFileSync } from 'node:fs';

/** How often `tick` is to be called. */
export const SILENCE_TICK_MS = 250;
/** So long after what was heard last nothing is looked at: heartbeats come twice a second. */
const QUIET_TICKS = 3;
/** A start on a busy machine takes its time, with disks that are asked and modules that are compiled. */
const LONGEST_START_MS = 10_000;
/** Of the 5 s until a device is safe; the others are for a new process, its ports and its writes. */
const LONGEST_MS = 2500;

/**
 * Tells a process that hangs from one that a busy machine keeps waiting. [control]
 *
 * Counted in ticks: who is held up himself hears late, and must not blame others. What the process waited for a processor is
 * taken off, where the system tells that.
 */
export class ProcessSilence {
  private readonly starvedMs: () => number;
  private ticks = 0;
  private starvedBefore = 0;
  private longestMs = LONGEST_START_MS;

  /** starvedMs: what the process has waited for a processor since it began. */
  constructor(starvedMs: () => number) {
    this.starvedMs = starvedMs;
  }

  /** It gave a sign of life. */
  heard(): void {
    this.ticks = 0;
  }

  /** It is up: from now on it must give signs of life. */
  up(): void {
    this.longestMs = LONGEST_MS;
  }

  /** Returns since when it is silent, in ms, once that is too long. */
  tick(): number | undefined {
    this.ticks++;
    if (this.ticks < QUIET_TICKS) return undefined;
    if (this.ticks === QUIET_TICKS) this.starvedBefore = this.starvedMs();
    const silentMs = this.ticks * SILENCE_TICK_MS;
    if (silentMs < this.longestMs) return undefined;
    return silentMs - (this.starvedMs() - this.starvedBefore) < this.longestMs ? undefined : silentMs;
  }
}

/** How long the main thread of a process has waited for a processor, in ms; always 0 where only Linux could tell. [any] */
export function starvedMs(pid: number): number {
  try {
    // Linux, Documentation/scheduler/sched-stats: time on a processor, time waiting for one, both in ns
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}
