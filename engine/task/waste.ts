import { type TaskShared, WORD } from '../render/task-shared.ts';

/** What to free once the renderer is at a generation and has taken so many commands. */
interface Item {
  generation: number;
  given: number;
  free: () => void;
}

/** What images that are used no more leave behind in a task's memories. [control] */
export class Waste {
  readonly #shared: TaskShared;
  #items: Item[] = [];

  constructor(shared: TaskShared) {
    this.#shared = shared;
  }

  /** Frees, once the renderer uses the image of this generation and has taken every command given so far. */
  add(generation: number, free: () => void): void {
    this.#items.push({ generation, given: this.#shared.given, free });
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  /** Frees what the renderer has let go of. */
  collect(): void {
    if (this.isEmpty) return;
    const generation = Atomics.load(this.#shared.words, WORD.generation);
    const taken = Atomics.load(this.#shared.words, WORD.taken);
    this.#items = this.#items.filter((item) => {
      if (generation < item.generation || taken < item.given) return true;
      item.free();
      return false;
    });
  }
}
