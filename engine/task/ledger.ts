import type { TaskMemories, TaskMemory } from './task-memories.ts';

/** Frees memory of a plugin. One that cannot even do that keeps it until the task is unloaded, and harms nobody else. */
export function release(memory: TaskMemory, address: number): void {
  try {
    memory.free(address);
  } catch {
    // INSTANCE_FAILED: there is nobody to tell, and nothing to undo
  }
}

/** A place inside a memory that belongs to the host. */
export interface LedgerEntry {
  readonly memory: number;
  readonly address: number;
  readonly bytes: number;
  readonly key: string | undefined;
  /** Number of the plan that was the last to ask for it. */
  plan: number;
}

/**
 * Buffers and records of the host inside a task's memories. [control]
 *
 * A plan is compiled between `begin` and `finish`: what it asks for by a key, or an entry, of the plan before keeps its
 * place and what it holds; what it no longer asks for is freed when the render thread has let go of the plan before.
 */
export class Ledger {
  readonly #memories: TaskMemories;
  readonly #byKey = new Map<string, LedgerEntry>();
  #current: LedgerEntry[] = [];
  #next: LedgerEntry[] = [];
  #made: LedgerEntry[] = [];
  /** Entries of the plan before whose key another has now. */
  #replaced: LedgerEntry[] = [];
  #plan = 0;
  /** The memory that had no room since `begin`. */
  full: number | undefined;

  constructor(memories: TaskMemories) {
    this.#memories = memories;
  }

  begin(): void {
    this.full = undefined;
    this.#plan += 1;
    this.#next = [];
    this.#made = [];
    this.#replaced = [];
  }

  /** The address of `bytes` bytes; `prepare` is called once, on zeroed bytes, when they are new. */
  use(key: string, memory: number, bytes: number, prepare?: (address: number) => void): number {
    const known = this.#byKey.get(key);
    if (known && known.memory === memory && known.bytes === bytes) return this.keep(known);
    if (known) this.#replaced.push(known);
    const entry = this.#make(key, memory, bytes);
    this.#byKey.set(key, entry);
    prepare?.(entry.address);
    return entry.address;
  }

  /** An entry without a key: whoever wants it in the next plan keeps it. On zeroed bytes. */
  take(memory: number, bytes: number): LedgerEntry {
    return this.#make(undefined, memory, bytes);
  }

  /** Keeps an entry of the plan before, or of this one; its address. */
  keep(entry: LedgerEntry): number {
    if (entry.plan !== this.#plan) {
      entry.plan = this.#plan;
      this.#next.push(entry);
    }
    return entry.address;
  }

  /** Takes the new plan's entries; returns what to call when nothing uses the old ones any more. */
  finish(): () => void {
    const gone: LedgerEntry[] = [];
    for (const entry of this.#current) {
      if (entry.plan === this.#plan) continue;
      gone.push(entry);
      if (entry.key !== undefined && this.#byKey.get(entry.key) === entry) this.#byKey.delete(entry.key);
    }
    this.#current = this.#next;
    this.#made = [];
    this.#replaced = [];
    return () => {
      for (const { memory, address } of gone) release(this.#memories.list[memory]!, address);
    };
  }

  /** Gives back what was allocated since begin, because the plan was refused. */
  abandon(): void {
    for (const { key, memory, address } of this.#made) {
      if (key !== undefined) this.#byKey.delete(key);
      release(this.#memories.list[memory]!, address);
    }
    this.#made = [];
    for (const entry of this.#replaced) if (this.#current.includes(entry)) this.#byKey.set(entry.key!, entry);
    this.#replaced = [];
  }

  #make(key: string | undefined, memory: number, bytes: number): LedgerEntry {
    const owner = this.#memories.list[memory]!;
    this.full = memory;
    const address = owner.alloc(bytes);
    this.full = undefined;
    owner.views.u8.fill(0, address, address + bytes);
    const entry = { memory, address, bytes, key, plan: this.#plan };
    this.#made.push(entry);
    this.#next.push(entry);
    return entry;
  }
}
