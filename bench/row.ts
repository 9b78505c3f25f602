/** One line of the report. `value` is the median; a goal is a bound from above unless `higherIsBetter`. */
export interface Row {
  id: string;
  name: string;
  unit: string;
  value: number;
  goal: number | null;
  met: boolean | null;
  /** The same quantity, in the same unit, of other engines measured in turn with ours. */
  peers: Record<string, number>;
  /** Ours by the goal's peer, the median of the ratios pair by pair; null without a peer. */
  ratio: number | null;
}

/** What a workload needs to know. */
export interface Bench {
  /** Few repetitions: proves that the work is done and compared, gives no figures to quote. */
  quick: boolean;
  /** Says on stderr what is under way. */
  say(text: string): void;
}

export interface Workload {
  id: string;
  name: string;
  run(bench: Bench): Promise<Row[]>;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The p-th percentile, p from 0 to 100, by the nearest rank. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil((p / 100) * sorted.length) - 1))]!;
}

/** A row; `met` follows from value and goal. */
export function row(
  part: Omit<Row, 'met' | 'peers' | 'ratio'> & Partial<Pick<Row, 'peers' | 'ratio'>> & { higherIsBetter?: boolean },
): Row {
  const { higherIsBetter, ...rest } = part;
  const met = part.goal === null ? null : higherIsBetter ? part.value >= part.goal : part.value <= part.goal;
  return { peers: {}, ratio: null, ...rest, met };
}
