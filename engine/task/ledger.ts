import type { TaskMemories } from './task-memories.ts';

interface Entry {
  memory: number;
  address: number;
  bytes: number;
}

/**
 * Buffers and records of the host inside a task's memories, by key. [control]
 *
 * A plan is compiled between `begin` and `finish`: what it asks for by a key of the plan before keeps its place and what
 * it holds; what it no longer asks for is freed when the render thread has let go of the plan before.
 */
export class Ledger {
  readonly #memories: TaskMemories;
  #current = new Map<string, Entry>();
  #next = new Map<string, Entry>();

  constructor(memories: TaskMemories) {
    this.#memories = memories;
  }

  begin(): void {
    this.#next = new Map();
  }

  /** The address of `bytes` bytes; `prepare` is called once, on zeroed bytes, when they are new. */
  use(key: string, memory: number, bytes: number, prepare?: (address: number) => void): number {
    const known = this.#next.get(key) ?? this.#current.get(key);
    if (known && known.memory === memory && known.bytes === bytes) {
      this.#next.set(key, known);
      return known.address;
    }
    const owner = this.#memories.list[memory]!;
    const address = owner.alloc(bytes);
    owner.views.u8.fill(0, address, address + bytes);
    prepare?.(address);
    this.#next.set(key, { memory, address, bytes });
    return address;
  }

  /** The address that a key has in the plan before, if any. */
  known(key: string): Entry | undefined {
    return this.#current.get(key);
  }

  /** Takes the new plan's entries; returns what to call when nothing uses the old ones any more. */
  finish(): () => void {
    const gone = [...this.#current].filter(([key, entry]) => this.#next.get(key) !== entry).map(([, entry]) => entry);
    this.#current = this.#next;
    return () => {
      for (const { memory, address } of gone) this.#memories.list[memory]!.free(address);
    };
  }

  /** Gives back what was allocated since begin, because the plan was refused. */
  abandon(): void {
    for (const [key, entry] of this.#next)
      if (this.#current.get(key) !== entry) this.#memories.list[entry.memory]!.free(entry.address);
    this.#next = new Map();
  }
}
