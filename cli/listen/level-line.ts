import type { PacketMeters } from '@audiocloud/api';

const WIDTH = 24;
const FLOOR_DB = -60;

const db = (peak: number) => (peak > 0 ? 20 * Math.log10(peak) : Number.NEGATIVE_INFINITY);

/** Peak levels as one line of text for a terminal: a bar for each channel, two at most, and the loudest in dBFS. */
export function levelLine({ peak }: Pick<PacketMeters, 'peak'>): string {
  const bars = peak.slice(0, 2).map((value) => {
    const filled = Math.round(WIDTH * Math.max(0, Math.min(1, (db(value) - FLOOR_DB) / -FLOOR_DB)));
    return `[${'#'.repeat(filled).padEnd(WIDTH)}]`;
  });
  const loudest = db(Math.max(0, ...peak));
  return `${bars.join(' ')} ${Number.isFinite(loudest) ? loudest.toFixed(1) : '-inf'} dBFS`;
}
