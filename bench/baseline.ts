import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Machine } from './machine.ts';
import type { Row } from './row.ts';

/** A ratio that grew by more than this is a regression: smaller steps are within the noise of a shared machine. */
const TOLERANCE = 0.1;
const FILE = fileURLToPath(new URL('baseline.json', import.meta.url));

/** What is kept of a run: ratios to peers, which a slower machine does not change as it does times. */
export interface Baseline {
  machine: Machine;
  /** Our time by that of the peer, by id of the row. */
  ratios: Record<string, number>;
  /** How long each workload took, for the estimate of the time left. */
  workloadSeconds: Record<string, number>;
}

export interface Regression {
  id: string;
  before: number;
  now: number;
}

export function readBaseline(): Baseline | undefined {
  return existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Baseline) : undefined;
}

/** Writes ratios of a run; those of workloads that did not run are kept. */
export function saveBaseline(machine: Machine, rows: readonly Row[], workloadSeconds: Record<string, number>): void {
  const before = readBaseline();
  const ratios = Object.fromEntries(rows.flatMap(({ id, ratio }) => (ratio === null ? [] : [[id, round(ratio)]])));
  const baseline: Baseline = {
    machine,
    ratios: { ...before?.ratios, ...ratios },
    workloadSeconds: { ...before?.workloadSeconds, ...workloadSeconds },
  };
  writeFileSync(FILE, `${JSON.stringify(baseline, null, 2)}\n`);
}

/** Rows whose ratio is more than 10 % above that of the baseline. */
export function regressions(rows: readonly Row[], baseline: Pick<Baseline, 'ratios'>): Regression[] {
  return rows.flatMap(({ id, ratio }) => {
    const before = baseline.ratios[id];
    return before !== undefined && ratio !== null && ratio > before * (1 + TOLERANCE)
      ? [{ id, before, now: ratio }]
      : [];
  });
}

const round = (ratio: number): number => Number(ratio.toPrecision(4));
