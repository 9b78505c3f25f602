import type { PeerVersions } from './peers/peer.ts';

/** One line of the report. `value` is the median; a goal is a bound from above unless `higherIsBetter`. */
export interface Row {
  id: string;
  name: string;
  unit: string;
  /** null: not there yet, `note` says why; such a row is shown as absent and compared with nothing. */
  value: number | null;
  goal: number | null;
  met: boolean | null;
  /** The same quantity, in the same unit, of other engines measured in turn with ours. */
  peers: Record<string, number>;
  /** Our time by that of the goal's peer, the median of the ratios pair by pair; null without a peer. */
  ratio: number | null;
  higherIsBetter?: boolean;
  /** Ratios pair by pair, in the order in which they were measured, by peer. */
  pairs?: Record<string, number[]>;
  /** How it was proven, before timing, that both did the same work. */
  check?: string;
  /** What a reader should know beside the number. */
  note?: string;
}

/** What a workload needs to know. */
export interface Bench {
  /** Few repetitions: proves that the work is done and compared, gives no figures to quote. */
  quick: boolean;
  /** Peers that are installed, with their versions. */
  versions: PeerVersions;
  /** Says on stderr what is under way. */
  say(text: string): void;
  /** Names what went wrong and goes on: the run ends with an error, other rows are still measured. */
  fail(text: string): void;
}

export interface Workload {
  id: string;
  name: string;
  /** What is measured and how, in a sentence or two for the report. */
  about?: string;
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
export function row(part: Omit<Row, 'met' | 'peers' | 'ratio'> & Partial<Pick<Row, 'peers' | 'ratio'>>): Row {
  const { value, goal, higherIsBetter } = part;
  const met = goal === null || value === null ? null : higherIsBetter ? value >= goal : value <= goal;
  return { peers: {}, ratio: null, ...part, met };
}

/** A row for what the product cannot do yet, with the goal it will be held to. */
export function absentRow(part: Pick<Row, 'id' | 'name' | 'unit' | 'goal'> & { why: string }): Row {
  const { why, ...rest } = part;
  return row({ ...rest, value: null, note: why });
}
