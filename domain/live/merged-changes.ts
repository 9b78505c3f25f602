import type { ParameterChange } from '@audiocloud/api';

/** Changes as they come, without those that a newer one took the place of. Pure. [any] */
export class MergedChanges {
  readonly #parameters = new Map<string, Map<number | undefined, ParameterChange>>();
  #size = 0;

  constructor(changes: readonly ParameterChange[] = []) {
    this.add(changes);
  }

  add(changes: readonly ParameterChange[]): void {
    for (const change of changes) {
      const { instance, parameter, index } = change;
      const key = `${instance} ${parameter}`;
      const values = this.#parameters.get(key) ?? new Map<number | undefined, ParameterChange>();
      this.#size -= values.size;
      // A value for all takes the place of those for one; one after it stands behind it.
      if (index === undefined) values.clear();
      else values.delete(index);
      values.set(index, change);
      this.#size += values.size;
      this.#parameters.set(key, values);
    }
  }

  get size(): number {
    return this.#size;
  }

  /** In an order that gives the same values as all of them did. */
  get list(): ParameterChange[] {
    return [...this.#parameters.values()].flatMap((values) => [...values.values()]);
  }
}
