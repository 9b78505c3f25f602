import type { PeakColumns } from './peak-columns.ts';

/** By whether the upper and the lower half of a cell is drawn. */
const CELLS = [' ', '▄', '▀', '█'];

/** For a terminal: `height` lines for each channel, two steps of level a line, channels one below the other. */
export function drawText({ least, most }: PeakColumns, height: number): string {
  const steps = 2 * height;
  const lines: string[] = [];
  for (const [c, low] of least.entries()) {
    const high = most[c]!;
    // a column is drawn from the step of its largest to that of its smallest sample, so silence is one line in the middle
    const step = (value: number) => Math.min(steps - 1, Math.max(0, Math.floor(((1 - value) / 2) * steps)));
    for (let line = 0; line < height; line++) {
      let text = '';
      for (let column = 0; column < low.length; column++) {
        const top = step(high[column]!);
        const bottom = step(low[column]!);
        const isDrawn = (at: number) => at >= top && at <= bottom;
        text += CELLS[(isDrawn(2 * line) ? 2 : 0) + (isDrawn(2 * line + 1) ? 1 : 0)];
      }
      lines.push(text.trimEnd());
    }
  }
  return `${lines.join('\n')}\n`;
}
