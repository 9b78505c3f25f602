import { readFileSync } from 'node:fs';

/** What the system's scheduler counts in, by its interface always (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** CPU time that a thread of this process used so far, in ms, in steps of 10; undefined where the system does not tell. [any, not render] */
export function threadCpuMs(tid: number): number | undefined {
  try {
    // the name may hold anything, so count from the end of it: utime and stime are fields 14 and 15 of proc(5)
    const fields = readFileSync(`/proc/self/task/${tid}/stat`, 'latin1').split(') ').pop()!.split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}

/**
 * Decides whether a render thread is wedged: at one and the same place in a block while it used so much CPU time.
 *
 * CPU time, not time: on a busy machine a thread may stand still for long because it is not let run, and that is no
 * reason to end it. Where the system does not tell, the time that went by has to do.
 */
export class StuckJudge {
  private readonly wedgedMs: number;
  private place = '';
  private sinceMs = 0;
  private cpuSinceMs: number | undefined;

  constructor(wedgedMs: number) {
    this.wedgedMs = wedgedMs;
  }

  /**
   * One look. place: anything that changes when the thread goes on; empty when it is in no block.
   * cpuMs: called only when the thread is where it was at the last look.
   */
  isWedged(place: string, nowMs: number, cpuMs: () => number | undefined): boolean {
    if (place === '' || place !== this.place) {
      this.place = place;
      this.sinceMs = nowMs;
      this.cpuSinceMs = undefined;
      return false;
    }
    const cpu = cpuMs();
    if (cpu === undefined) return nowMs - this.sinceMs >= this.wedgedMs;
    this.cpuSinceMs ??= cpu;
    return cpu - this.cpuSinceMs >= this.wedgedMs;
  }

  /** The thread is another one now. */
  forget(): void {
    this.place = '';
  }
}
