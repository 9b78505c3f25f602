import { readFileSync } from 'node:fs';

/** What a process that looks into a file may take. */
export interface WatchLimits {
  /** Memory of it. */
  memoryBytes: number;
  /** Longest time without any progress. */
  stallSeconds: number;
  /** From its begin, before it is looked how fast it is. */
  graceSeconds: number;
  /** Samples of all channels that it must decode for each second after that. */
  samplesPerSecond: number;
}

/**
 * 512 MiB is ten times what any decoder here needs. 250,000 samples a second are 2.6 times as fast as stereo at 48 kHz sounds;
 * alone on one core it is 100 times as fast.
 */
export const WATCH_LIMITS: WatchLimits = {
  memoryBytes: 2 ** 29,
  stallSeconds: 30,
  graceSeconds: 60,
  samplesPerSecond: 250_000,
};

/** Judges whether a process goes on. Seconds are those of any clock that goes forward. */
export class ProcessWatch {
  private readonly limits: WatchLimits;
  private readonly begin: number;
  private samples = 0;
  private progressAt: number;

  constructor(limits: WatchLimits, now: number) {
    this.limits = limits;
    this.begin = now;
    this.progressAt = now;
  }

  /** It said something: so many samples are decoded. [any] */
  progress(samples: number, now: number): void {
    this.samples = samples;
    this.progressAt = now;
  }

  /** Why it is to be ended; undefined: it may go on. [any] */
  judge(now: number, memoryBytes: number): string | undefined {
    const { stallSeconds, graceSeconds, samplesPerSecond } = this.limits;
    if (memoryBytes > this.limits.memoryBytes)
      return `its decoder took ${mib(memoryBytes)} MiB of memory, at most ${mib(this.limits.memoryBytes)} are allowed, ${mib(memoryBytes - this.limits.memoryBytes)} over`;
    const still = now - this.progressAt;
    if (still > stallSeconds)
      return `its decoder made no progress for ${still.toFixed(1)} s, at most ${stallSeconds} are allowed`;
    const allowed = graceSeconds + this.samples / samplesPerSecond;
    const taken = now - this.begin;
    if (taken > allowed)
      return `its decoder took ${taken.toFixed(1)} s for ${this.samples} samples, at most ${allowed.toFixed(1)} are allowed`;
    return undefined;
  }
}

const mib = (bytes: number): number => Math.ceil(bytes / 2 ** 20);

/** Memory that a process has in use; 0 where the system does not tell. Blocks for less than 0.1 ms. [control] */
export function memoryOf(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
