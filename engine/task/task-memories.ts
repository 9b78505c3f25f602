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
  readonly #newest = new Map<Plugin, number>();
  #home = -1;

  /** The memory that the host's buffers live in: that of `favourite`, if there is one when the task is loaded. */
  home(favourite?: Plugin): number {
    if (this.#home < 0) this.#home = favourite ? this.of(favourite) : this.#add(new BufferMemory(), null);
    return this.#home;
  }

  /**
   * The memory in which the next instance of a plugin is created. One that has grown, and that to three quarters of its
   * maximum, takes no more: what is left is for the host's buffers, records and programs.
   */
  of(plugin: Plugin): number {
    const newest = this.#newest.get(plugin);
    if (newest === undefined) return this.another(plugin);
    const { initialPages, maximumPages } = plugin.module.memory;
    const pages = this.list[newest]!.memory.buffer.byteLength / 65536;
    return pages > initialPages && pages >= maximumPages * 0.75 ? this.another(plugin) : newest;
  }

  /** A further memory for a plugin, because the one before is full. */
  another(plugin: Plugin): number {
    const index = this.#add(new PluginMemory(plugin), plugin);
    this.#newest.set(plugin, index);
    return index;
  }

  #add(memory: TaskMemory, plugin: Plugin | null): number {
    const stack = memory instanceof PluginMemory ? memory.newStack() : { top: 0, limit: 0 };
    this.list.push(memory);
    this.images.push({
      memory: memory.memory,
      module: plugin?.module.render ?? null,
      stackTop: stack.top,
      stackLimit: stack.limit,
      progress: memory.alloc(16),
    });
    return this.list.length - 1;
  }
}
