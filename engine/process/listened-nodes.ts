/** How many listen to each node of each task, also of tasks that are not loaded yet. [control] */
export class ListenedNodes {
  /** By task and node. */
  readonly #listeners = new Map<string, Map<string, number>>();

  /** Those of a task that somebody listens to. */
  of(task: string): ReadonlySet<string> {
    return new Set(this.#listeners.get(task)?.keys());
  }

  /** One more listens to a node, or one less. Returns whether that is the first one that came, or the last one that went. */
  count(task: string, node: string, change: 1 | -1): boolean {
    const nodes = this.#listeners.get(task) ?? new Map<string, number>();
    const count = (nodes.get(node) ?? 0) + change;
    if (count > 0) nodes.set(node, count);
    else nodes.delete(node);
    if (nodes.size > 0) this.#listeners.set(task, nodes);
    else this.#listeners.delete(task);
    return count + (change > 0 ? 0 : 1) === 1;
  }
}
