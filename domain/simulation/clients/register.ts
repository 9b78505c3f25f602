/** Of one value that was replaced by one that is acknowledged and need not be durable yet. */
interface Fading<Value> {
  value: Value;
  sinceMs: number;
}

/** A change under way, by which a register tells it from others. */
export type Change = object;

/**
 * What one value in a domain may be, as the only one who changes it knows it. [control]
 *
 * A change that was answered is there. One that was refused is not. One of which nobody knows may be there, and may come later
 * for as long as something of it is under way.
 */
export class Register<Value = unknown> {
  readonly what: string;
  #settled: readonly Value[];
  #open = new Map<Change, Value>();
  #fading: Fading<Value>[] = [];

  constructor(what: string, value: Value) {
    this.what = what;
    this.#settled = [value];
  }

  /** All that it may be now. */
  get possible(): readonly Value[] {
    if (this.#open.size === 0 && this.#settled.length === 1) return this.#settled;
    return [...new Set([...this.#settled, ...this.#open.values()])];
  }

  /** What it is, where that is certain. */
  get known(): Value | undefined {
    const { possible } = this;
    return possible.length === 1 ? possible[0] : undefined;
  }

  begin(change: Change, value: Value): void {
    this.#open.set(change, value);
  }

  /** durable: not only applied. */
  acknowledged(change: Change, nowMs: number, isDurable: boolean): void {
    if (!this.#open.has(change)) return;
    const value = this.#open.get(change)!;
    if (isDurable) this.#fading = [];
    else for (const before of this.#settled) this.#fading.push({ value: before, sinceMs: nowMs });
    this.#settled = [value];
    this.#open.delete(change);
  }

  refused(change: Change): void {
    this.#open.delete(change);
  }

  /** Nothing of it is under way any more; whether it took effect nobody knows. */
  unknown(change: Change): void {
    if (!this.#open.has(change)) return;
    this.#settled = [...this.#settled, this.#open.get(change)!];
    this.#open.delete(change);
  }

  /** Whether it may be this in the store: also what was there less than `graceMs` ago, where that is allowed. */
  mayBeStored(value: Value, nowMs: number, graceMs: number): boolean {
    if (this.possible.includes(value)) return true;
    return this.#fading.some((before) => before.value === value && nowMs - before.sinceMs <= graceMs);
  }

  /** It was seen to be this in the store, by a process that knows nothing else. */
  stored(value: Value): void {
    this.#settled = [value];
    this.#fading = [];
  }
}
