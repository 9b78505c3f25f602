import { figure } from './report-text.ts';
import type { Row } from './row.ts';

/* Plots as SVG. Colours are custom properties of the page, so that they follow light and dark. */

const WIDTH = 940;
const LABEL = 190;
const LINE = 26;
const PLOT = WIDTH - LABEL - 90;

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

const svg = (height: number, title: string, body: string): string =>
  `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">${body}</svg>`;
const label = (y: number, text: string): string =>
  `<text x="${LABEL - 10}" y="${y + 4}" text-anchor="end">${escaped(text)}</text>`;
const at = (x: number): string => x.toFixed(1);

export interface Bar {
  label: string;
  value: number;
  isOurs: boolean;
}

/** Bars from zero, and dashed lines where goals are. */
export function barChart(bars: Bar[], goals: { label: string; value: number }[], unit: string): string {
  const top = goals.length ? 20 : 4;
  const most = Math.max(...bars.map(({ value }) => value), ...goals.map(({ value }) => value), 1e-9);
  const x = (value: number) => LABEL + (Math.max(0, value) / most) * PLOT;
  const bottom = top + bars.length * LINE;
  const body = bars.map(({ label: text, value, isOurs }, i) => {
    const y = top + i * LINE + LINE / 2;
    return `${label(y, text)}<rect x="${LABEL}" y="${y - 9}" width="${at(Math.max(1, x(value) - LABEL))}" height="18" rx="3" fill="var(${isOurs ? '--ours' : '--peer'})"/><text x="${at(x(value) + 7)}" y="${y + 4}"${isOurs ? ' font-weight="600"' : ''}>${figure(value)}</text>`;
  });
  const lines = goals.map(({ label: text, value }, i) => {
    const far = x(value) > LABEL + PLOT * 0.75;
    return `<line x1="${at(x(value))}" x2="${at(x(value))}" y1="${top - 4}" y2="${bottom}" stroke="var(--goal)" stroke-width="2" stroke-dasharray="5 4"/><text x="${at(x(value) + (far ? -6 : 6))}" y="${i % 2 ? bottom + 14 : top - 7}" text-anchor="${far ? 'end' : 'start'}" style="fill:var(--goal)">${escaped(text)} ${figure(value)}</text>`;
  });
  return svg(bottom + (goals.length > 1 ? 20 : 4), `bars in ${unit}`, body.join('') + lines.join(''));
}

const TICKS = [0.05, 0.1, 0.2, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 20];

/** Every ratio as a dot, its median as a stroke, on a logarithmic axis. */
export function spreadChart(groups: { label: string; ratios: number[]; goal: number | null }[]): string {
  const all = groups
    .flatMap(({ ratios, goal }) => (goal === null ? ratios : [...ratios, goal]))
    .filter((one) => one > 0);
  const [low, high] = [Math.min(0.5, ...all) / 1.15, Math.max(1.2, ...all) * 1.15];
  const x = (ratio: number) => LABEL + (Math.log(Math.max(ratio, low) / low) / Math.log(high / low)) * PLOT;
  const bottom = 6 + groups.length * LINE;
  let free = 0; // labels of the axis must not run into one another
  const ticks = TICKS.filter((tick) => tick > low && tick < high).map((tick) => {
    const isOne = tick === 1;
    const text =
      isOne || x(tick) >= free
        ? `<text class="soft" x="${at(x(tick))}" y="${bottom + 16}" text-anchor="middle">${tick}</text>`
        : '';
    if (text) free = x(tick) + 40;
    return `<line x1="${at(x(tick))}" x2="${at(x(tick))}" y1="2" y2="${bottom}" stroke="var(${isOne ? '--soft' : '--line'})" stroke-width="${isOne ? 1.5 : 1}"/>${text}`;
  });
  const body = groups.map(({ label: text, ratios, goal }, i) => {
    const y = 6 + i * LINE + LINE / 2;
    const sorted = [...ratios].sort((a, b) => a - b);
    const middle = sorted[sorted.length >> 1] ?? 1;
    const dots = ratios.map(
      (ratio) => `<circle cx="${at(x(ratio))}" cy="${y}" r="4" fill="var(--dot)" fill-opacity="0.45"/>`,
    );
    const line =
      goal === null
        ? ''
        : `<path d="M${at(x(goal))} ${y - 11}V${y + 11}" stroke="var(--goal)" stroke-width="2" stroke-dasharray="4 3"/>`;
    return `${label(y, text)}${line}${dots.join('')}<path d="M${at(x(middle))} ${y - 9}V${y + 9}" stroke="var(--text)" stroke-width="2.5"/><text x="${LABEL + PLOT + 14}" y="${y + 4}">${figure(middle)}</text>`;
  });
  return svg(bottom + 24, 'ratios pair by pair', ticks.join('') + body.join(''));
}

/** Values as a share of their goals: a full bar is the goal; for `at least` goals the goal is the line to pass. */
export function goalChart(rows: Row[]): string {
  const LIMIT = 2;
  const wide = 380;
  const width = WIDTH - wide - 130;
  const x = (share: number) => wide + (Math.min(LIMIT, Math.max(0, share)) / LIMIT) * width;
  const bottom = 22 + rows.length * LINE;
  const line = `<line x1="${at(x(1))}" x2="${at(x(1))}" y1="16" y2="${bottom}" stroke="var(--goal)" stroke-width="2" stroke-dasharray="5 4"/><text x="${at(x(1))}" y="11" text-anchor="middle" style="fill:var(--goal)">goal</text>`;
  const body = rows.map(({ name, value, goal, unit, met }, i) => {
    const y = 22 + i * LINE + LINE / 2;
    const share = goal === 0 ? (value === 0 ? 0 : LIMIT) : value! / goal!;
    const short = name.length > 58 ? `${name.slice(0, 57)}…` : name;
    const more = share > LIMIT ? ' ›' : '';
    return `<text x="${wide - 10}" y="${y + 4}" text-anchor="end">${escaped(short)}</text><rect x="${wide}" y="${y - 8}" width="${at(Math.max(2, x(share) - wide))}" height="16" rx="3" fill="var(${met ? '--good' : '--bad'})" fill-opacity="0.8"/><text x="${at(x(share) + 7)}" y="${y + 4}">${figure(value)} ${escaped(unit)}${more}</text>`;
  });
  return svg(bottom + 4, 'values beside their goals', body.join('') + line);
}
