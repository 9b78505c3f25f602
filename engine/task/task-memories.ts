import type { Plugin } from '../plugin/load-plugin.ts';
import { PluginMemory } from '../plugin/plugin-memory.ts';
import type { MemoryImage, SeatImage } from '../render/task-image.ts';
import { BufferMemory } from './buffer-memory.ts';

export type TaskMemory = PluginMemory | BufferMemory;

/**
 * The memories of one task: one for each plugin it uses (more when one is full), and a home for the host's own buffers.
 * Their places in the list never change. [control]
 */
export class TaskMemories {
  readonly list: TaskMemory[] = [];
  readonly images: MemoryImage[] = [];
  /** Instances in each memory. */
  readonly #held: number[] = [];
  readonly #newest = new Map<Plugin, number>();
  /** Most instances of a plugin in one memory, where more left the host no room. */
  readonly #most = new Map<Plugin, number>();
  /** Memories that were damaged: nothing new is put there, and nothing of theirs is called any more. */
  readonly #left = new Set<number>();
  /** Memories of plugins that have been replaced. */
  readonly #retired = new Set<number>();
  #home = -1;
  #seats = 1;

  /** The memory that the host's buffers live in: that of `favourite`, asked once, when the task is loaded. */
  home(favourite: () => Plugin | undefined): number {
    if (this.#home >= 0) return this.#home;
    const plugin = favourite();
    this.#home = plugin ? this.of(plugin) : this.#add(new BufferMemory(), null);
    return this.#home;
  }

  /** The memory in which the next instance of a plugin is created. */
  of(plugin: Plugin): number {
    const newest = this.#newest.get(plugin);
    if (newest === undefined || this.#held[newest]! >= (this.#most.get(plugin) ?? Number.POSITIVE_INFINITY))
      return this.another(plugin);
    return newest;
  }

  /** Instances in a memory. */
  held(memory: number): number {
    return this.#held[memory]!;
  }

  /** An instance was made in a memory, or is gone from it. */
  count(memory: number, change: 1 | -1): void {
    this.#held[memory]! += change;
  }

  /**
   * From now on a memory of this one's plugin gets half as many instances, because they left the host no room for its
   * buffers. False when that does not help.
   */
  lighten(memory: number): boolean {
    const owner = this.list[memory]!;
    const most = Math.floor(this.#held[memory]! / 2);
    if (!(owner instanceof PluginMemory) || most < 1) return false;
    this.#most.set(owner.plugin, most);
    return true;
  }

  /** Gives up the memories from place `length` on, which no image knows and no instance is in. */
  giveUp(length: number): void {
    for (const list of [this.list, this.images, this.#held]) list.length = Math.min(list.length, length);
    if (this.#home >= length) this.#home = -1;
    this.#newest.clear();
    this.list.forEach((memory, index) => {
      if (memory instanceof PluginMemory && !this.#left.has(index)) this.#newest.set(memory.plugin, index);
    });
  }

  /** Nothing new is put into a memory from now on. Returns what takes that back. */
  leave(memory: number): () => void {
    const home = this.#home;
    const owner = this.list[memory]!;
    this.#left.add(memory);
    if (home === memory) this.#home = -1;
    if (owner instanceof PluginMemory && this.#newest.get(owner.plugin) === memory) this.#newest.delete(owner.plugin);
    return () => {
      this.#left.delete(memory);
      this.#home = home;
      if (owner instanceof PluginMemory) this.#newest.set(owner.plugin, memory);
    };
  }

  isLeft(memory: number): boolean {
    return this.#left.has(memory);
  }

  /** Gives up a memory that was left and that no renderer uses any more. Its place in the list stays, with next to nothing in it. */
  bury(memory: number): void {
    const grave = new BufferMemory();
    this.list[memory] = grave;
    this.images[memory] = newImage(grave, null, this.#seats);
  }

  /** The plugin of a memory was replaced by another version: it is given up when the last of it has faded out. */
  retire(memory: number): void {
    this.#retired.add(memory);
  }

  /**
   * Gives up memories of replaced plugins in which nothing is left but what threads need to work there. The one with the
   * host's own buffers stays. After what is used no more was freed.
   */
  buryRetired(): void {
    for (const memory of this.#retired) {
      const owner = this.list[memory]!;
      const own =
        this.images[memory]!.seats.length *
        (1 + Number(owner instanceof PluginMemory && owner.plugin.module.hasStackPointer));
      if (!(owner instanceof PluginMemory) || memory === this.#home || this.held(memory) > 0 || owner.pieces > own)
        continue;
      this.#retired.delete(memory);
      this.#newest.delete(owner.plugin);
      this.bury(memory);
    }
  }

  /** Lets so many threads work in every memory at once. What was made for more of them stays. Throws INSTANCE_FAILED, TOO_LARGE. */
  seat(threads: number): void {
    this.images.forEach(({ seats }, m) => {
      while (seats.length < threads) seats.push(seatIn(this.list[m]!));
    });
    this.#seats = Math.max(this.#seats, threads);
  }

  /** A further memory for a plugin, because the one before is full. */
  another(plugin: Plugin): number {
    const index = this.#add(new PluginMemory(plugin), plugin);
    this.#newest.set(plugin, index);
    return index;
  }

  #add(memory: TaskMemory, plugin: Plugin | null): number {
    const image = newImage(memory, plugin, this.#seats);
    this.list.push(memory);
    this.images.push(image);
    this.#held.push(0);
    return this.list.length - 1;
  }
}

let nextId = 1;

function newImage(memory: TaskMemory, plugin: Plugin | null, threads: number): MemoryImage {
  const seats = Array.from({ length: threads }, () => seatIn(memory));
  return { id: nextId++, memory: memory.memory, module: plugin?.module.render ?? null, seats };
}

/** What one more thread needs of its own in a memory. */
function seatIn(memory: TaskMemory): SeatImage {
  const stack = memory instanceof PluginMemory ? memory.newStack() : { top: 0, limit: 0 };
  return { stackTop: stack.top, stackLimit: stack.limit, progress: memory.alloc(16) };
}
