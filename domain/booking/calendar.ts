/** From one moment up to, and without, another; ms since 1970. */
export interface Span {
  fromMs: number;
  toMs: number;
}

/** Whether two spans have a moment in common. [any] */
export function overlaps(a: Span, b: Span): boolean {
  return a.fromMs < b.toMs && b.fromMs < a.toMs;
}

/** Whether a moment lies in a span. [any] */
export function isWithin(ms: number, { fromMs, toMs }: Span): boolean {
  return fromMs <= ms && ms < toMs;
}

/** The longest spans inside `within` that meet nothing busy and last at least `leastMs`, in order. [any] */
export function freeSpans(busy: readonly Span[], within: Span, leastMs: number): Span[] {
  const free: Span[] = [];
  const add = (fromMs: number, toMs: number) => {
    if (toMs > fromMs && toMs - fromMs >= leastMs) free.push({ fromMs, toMs });
  };
  let fromMs = within.fromMs;
  for (const span of [...busy].sort((a, b) => a.fromMs - b.fromMs)) {
    if (span.fromMs >= within.toMs) break;
    add(fromMs, span.fromMs);
    fromMs = Math.max(fromMs, span.toMs);
  }
  add(fromMs, within.toMs);
  return free;
}

/** The most of the spans that have a moment in common. [any] */
export function mostAtOnce(spans: readonly (Span & { count: number })[]): number {
  // What ends at a moment is over at that moment.
  const steps = spans
    .flatMap(({ fromMs, toMs, count }) => [
      { atMs: fromMs, by: count },
      { atMs: toMs, by: -count },
    ])
    .sort((a, b) => a.atMs - b.atMs || a.by - b.by);
  let now = 0;
  let most = 0;
  for (const { by } of steps) {
    now += by;
    most = Math.max(most, now);
  }
  return most;
}
