/** What may be left of one output minus another, and how much louder one may be, before they count as different work. */
export const NULL_DB = -60;
export const LEVEL_DB = 0.1;
/** Engines differ by up to a block in when they begin. */
const SEARCH_FRAMES = 256;

const sumOfSquares = (samples: Float32Array): number => samples.reduce((sum, x) => sum + x * x, 0);
const decibels = (ratio: number): number => (ratio > 0 ? 10 * Math.log10(ratio) : -Infinity);

/** How much louder theirs is than ours, in dB, the worst channel; of frames `from` to `to`. */
export function levelDifferenceDb(ours: Float32Array[], theirs: Float32Array[], from: number, to: number): number {
  if (ours.length !== theirs.length) throw new Error(`${theirs.length} channels, ours has ${ours.length}`);
  const differences = ours.map((plane, c) => {
    const [own, other] = [sumOfSquares(plane.subarray(from, to)), sumOfSquares(theirs[c]!.subarray(from, to))];
    if (own === 0) throw new Error(`channel ${c} of ours is silent: it proves nothing`);
    return decibels(other / own);
  });
  return differences.reduce((worst, dB) => (Math.abs(dB) > Math.abs(worst) ? dB : worst), 0);
}

/** What is left of ours minus theirs, in dB of ours, at the shift that leaves least; of frames `from` to `to`. */
export function nullDb(
  ours: Float32Array[],
  theirs: Float32Array[],
  from: number,
  to: number,
): { dB: number; shiftFrames: number } {
  if (from < SEARCH_FRAMES || to + SEARCH_FRAMES > theirs[0]!.length)
    throw new Error(`frames ${from} to ${to} of ${theirs[0]!.length} leave no room to look for the shift`);
  const energy = ours.reduce((sum, plane) => sum + sumOfSquares(plane.subarray(from, to)), 0);
  if (energy === 0) throw new Error('ours is silent: it proves nothing');
  let best = { left: Infinity, shiftFrames: 0 };
  for (let shiftFrames = -SEARCH_FRAMES; shiftFrames <= SEARCH_FRAMES; shiftFrames++) {
    let left = 0;
    for (let c = 0; c < ours.length && left < best.left; c++) {
      const [a, b] = [ours[c]!, theirs[c]!];
      for (let i = from; i < to; i++) left += (a[i]! - b[i + shiftFrames]!) ** 2;
    }
    if (left < best.left || (left === best.left && Math.abs(shiftFrames) < Math.abs(best.shiftFrames)))
      best = { left, shiftFrames };
  }
  return { dB: decibels(best.left / energy), shiftFrames: best.shiftFrames };
}
