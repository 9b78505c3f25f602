import type { TaskMemories, TaskMemory } from './task-memories.ts';

/** Frees memory of a plugin. One that cannot even do that keeps it until the task is unloaded, and harms nobody else. */
export function release(memory: TaskMemory, address: number): void {
  try {
    memory.free(address);
  } catch {
    // INSTANCE_FAILED: there is nobody to tell, and nothing to undo
  }
}

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
  /** The memory that had no room since `begin`. */
  full: number | undefined;

  constructor(memories: TaskMemories) {
    this.#memories = memories;
  }

  begin(): void {
    this.full = undefined;
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
    this.full = memory;
    const address = owner.alloc(bytes);
    this.full = undefined;
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
      for (const { memory, address } of gone) release(this.#memories.list[memory]!, address);
    };
  }

  /** Gives back what was allocated since begin, because the plan was refused. */
  abandon(): void {
    for (const [key, entry] of this.#next)
      if (this.#current.get(key) !== entry) release(this.#memories.list[entry.memory]!, entry.address);
    this.#next = new Map();
  }
}
