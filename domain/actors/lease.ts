/** What somebody has until a time, or until it is given back. It ends then by itself. */
export interface Lease {
  /** Who has it. */
  holder: string;
  /** Undefined: until it is given back. */
  untilMs?: number;
}

/** The lease as it is now: undefined when it has ended. [any] */
export function leaseAt<L extends Lease>(lease: L | undefined, nowMs: number): L | undefined {
  return lease?.untilMs !== undefined && lease.untilMs <= nowMs ? undefined : lease;
}

/** The earliest of some times; undefined when there is none. What never comes is none. [any] */
export function earliestMs(...timesMs: (number | null | undefined)[]): number | undefined {
  const finite = timesMs.filter((time): time is number => typeof time === 'number' && Number.isFinite(time));
  return finite.length > 0 ? Math.min(...finite) : undefined;
}
