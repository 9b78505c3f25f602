/** Delay before try number `failures` + 1: `firstMs`, doubled for each failure, at most `mostMs`. [any] */
export function backOffMs(failures: number, firstMs = 250, mostMs = 30_000): number {
  return Math.min(mostMs, firstMs * 2 ** Math.max(0, failures - 1));
}
