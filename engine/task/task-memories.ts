import type { Plugin } from '../plugin/load-plugin.ts';
import { PluginMemory } from '../plugin/plugin-memory.ts';
import type { MemoryImage } from '../render/task-image.ts';
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
  #home = -1;

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
      if (memory instanceof PluginMemory) this.#newest.set(memory.plugin, index);
    });
  }

  /** A further memory for a plugin, because the one before is full. */
  another(plugin: Plugin): number {
    const index = this.#add(new PluginMemory(plugin), plugin);
    this.#newest.set(plugin, index);
    return index;
  }

  #add(memory: TaskMemory, plugin: Plugin | null): number {
    const stack = memory instanceof PluginMemory ? memory.newStack() : { top: 0, limit: 0 };
    const image = {
      memory: memory.memory,
      module: plugin?.module.render ?? null,
      stackTop: stack.top,
      stackLimit: stack.limit,
      progress: memory.alloc(16),
    };
    this.list.push(memory);
    this.images.push(image);
    this.#held.push(0);
    return this.list.length - 1;
  }
}
