import { pairBytes, readPeaksHeader } from '@audiocloud/engine';

/** What a drawing of a sound shows: for each channel, for each column, the smallest and the largest sample, full scale ±1. */
export interface PeakColumns {
  sampleRate: number;
  frames: number;
  /** By channel and column. */
  least: Float64Array[];
  most: Float64Array[];
}

/**
 * A drawing of so many columns out of a file of peaks, all its frames: of the coarsest level that is fine enough, so a column may
 * show up to one pair too much at its ends. Throws MEDIA_DAMAGED.
 */
export function peakColumns(bytes: Buffer, width: number): PeakColumns {
  const { sampleRate, channels, frames, levels } = readPeaksHeader(bytes);
  const framesPerColumn = frames / width;
  const fine = levels.filter(({ framesPerPair }) => framesPerPair <= framesPerColumn);
  const { framesPerPair, offset, pairs } = fine.at(-1) ?? levels[0]!;
  const least = Array.from({ length: channels }, () => new Float64Array(width));
  const most = Array.from({ length: channels }, () => new Float64Array(width));
  for (let column = 0; column < width && pairs > 0; column++) {
    const first = Math.min(pairs - 1, Math.floor((column * framesPerColumn) / framesPerPair));
    const end = Math.max(first + 1, Math.min(pairs, Math.ceil(((column + 1) * framesPerColumn) / framesPerPair)));
    for (let c = 0; c < channels; c++) {
      let low = 32767;
      let high = -32768;
      for (let pair = first; pair < end; pair++) {
        const at = offset + pair * pairBytes(channels) + 4 * c;
        low = Math.min(low, bytes.readInt16LE(at));
        high = Math.max(high, bytes.readInt16LE(at + 2));
      }
      least[c]![column] = low / 32768;
      most[c]![column] = high / 32768;
    }
  }
  return { sampleRate, frames, least, most };
}
