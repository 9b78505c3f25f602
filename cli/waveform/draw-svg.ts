import type { PeakColumns } from './peak-columns.ts';

/** A picture of lines: the height is shared by the channels. */
export function drawSvg({ least, most }: PeakColumns, height: number): string {
  const width = least[0]?.length ?? 0;
  const part = height / Math.max(1, least.length);
  const shapes = least.map((low, c) => {
    const middle = part * (c + 0.5);
    const y = (value: number) => (middle - Math.max(-1, Math.min(1, value)) * (part / 2)).toFixed(2);
    const upper = Array.from(most[c]!, (value, x) => `${x},${y(value)}`);
    const lower = Array.from(low, (value, x) => `${x},${y(value)}`).reverse();
    const points = [...upper, ...lower].join(' ');
    return `  <line x1="0" x2="${width}" y1="${middle}" y2="${middle}" stroke="#999" stroke-width="0.5"/>\n  <polygon points="${points}" fill="#2a6f97" stroke="#2a6f97" stroke-width="0.5"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">\n${shapes.join('\n')}\n</svg>\n`;
}
