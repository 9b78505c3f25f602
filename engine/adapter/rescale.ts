export type Interval = readonly [number, number];

/** Straight line from one interval onto the other; what lies outside of `from` is clamped to its ends. Either may fall. [any] */
export function rescale(value: number, from: Interval, to: Interval): number {
  const travel = (value - from[0]) / (from[1] - from[0]);
  // Ends are exact, whatever the rounding in between.
  if (!(travel > 0)) return to[0];
  if (travel >= 1) return to[1];
  return to[0] + travel * (to[1] - to[0]);
}
