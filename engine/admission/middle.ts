/** The middle one by size, of two middle ones the smaller: one disturbance in three or more does not count. Undefined of nothing. */
export function middle(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[(values.length - 1) >> 1];
}
