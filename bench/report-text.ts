import type { Row } from './row.ts';

/** A number with three digits that say something. */
export function figure(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  return value.toFixed(size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : size >= 0.1 || size === 0 ? 2 : 4);
}

/** What a row says about its goal. */
export function verdict({ value, met }: Row): string {
  if (value === null) return 'not yet';
  return met === null ? '' : met ? 'met' : 'MISSED';
}

/** The report as a table for a terminal. */
export function tableOf(rows: readonly Row[]): string {
  const header = ['id', 'what', 'value', 'unit', 'goal', '', 'peers'];
  const lines = rows.map((one) => [
    one.id,
    one.name,
    figure(one.value),
    one.unit,
    one.goal === null ? '' : figure(one.goal),
    verdict(one),
    Object.entries(one.peers)
      .map(([peer, value]) => `${peer} ${figure(value)}`)
      .join(', '),
  ]);
  const widths = header.map((title, i) => Math.max(title.length, ...lines.map((line) => line[i]!.length)));
  return [header, ...lines]
    .map((line) =>
      line
        .map((cell, i) => (i === 2 || i === 4 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
