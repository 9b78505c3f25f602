/** The index of the first of `frames`, which rise, that is not below `frame`; their number when there is none. [any] */
export function firstFrom(frames: Float64Array, frame: number): number {
  let low = 0;
  let high = frames.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (frames[middle]! < frame) low = middle + 1;
    else high = middle;
  }
  return low;
}
