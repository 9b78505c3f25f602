/** Delay before try number `failures` + 1: 250 ms, doubled for each failure, at most 30 s. [any] */
export function backOffMs(failures: number): number {
  return Math.min(30_000, 250 * 2 ** Math.max(0, failures - 1));
}
