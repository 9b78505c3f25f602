import { AudioCloudError } from '@audiocloud/api';
import { type MemoryViews, viewMemory } from '../plugin/memory-views.ts';

const PAGE_BYTES = 65536;
const MAXIMUM_PAGES = 1024;

/** A memory that holds buffers of the host alone, for a task without plugins, or for guards. Same doors as PluginMemory. [control] */
export class BufferMemory {
  readonly memory: WebAssembly.Memory;
  readonly #maximumPages: number;
  #views: MemoryViews;
  #top = 16;
  readonly #free = new Map<number, number[]>();
  readonly #sizes = new Map<number, number>();

  constructor(maximumPages = MAXIMUM_PAGES) {
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: maximumPages, shared: true });
    this.#maximumPages = maximumPages;
    this.#views = viewMemory(this.memory);
  }

  get views(): MemoryViews {
    if (this.#views.buffer.byteLength !== this.memory.buffer.byteLength) this.#views = viewMemory(this.memory);
    return this.#views;
  }

  alloc(bytes: number): number {
    const size = Math.max(16, (bytes + 15) & ~15);
    const again = this.#free.get(size)?.pop();
    const address = again ?? this.#top;
    const top = again === undefined ? this.#top + size : this.#top;
    const missing = Math.ceil((top - this.memory.buffer.byteLength) / PAGE_BYTES);
    try {
      if (missing > 0) this.memory.grow(missing);
    } catch (cause) {
      throw new AudioCloudError(
        'TOO_LARGE',
        `Cannot take ${bytes} bytes: the task's buffers already fill ${this.#maximumPages} pages; use fewer nodes or shorter delays`,
        {},
        { cause },
      );
    }
    this.#top = top;
    this.#sizes.set(address, size);
    return address;
  }

  free(address: number): void {
    const size = this.#sizes.get(address)!;
    this.#sizes.delete(address);
    const free = this.#free.get(size);
    if (free) free.push(address);
    else this.#free.set(size, [address]);
  }
}
