import { PAGE_FRAMES, type PageImage } from './page-store.ts';

/** No block is longer. */
const MOST_PAGES = 3;

/**
 * Reads the pages of one store. [render]
 *
 * find: between two marks of WORD.reading; what it found stays until the second.
 */
export class PageReader {
  readonly channels: number;
  readonly frames: number;
  private readonly table: Int32Array;
  private readonly slabs: readonly Float32Array[];
  /** First slot of each slab, and the one after the last. */
  private readonly firstSlots: readonly number[];
  private readonly found = new Int32Array(MOST_PAGES);
  private firstPage = 0;

  constructor({ channels, frames, table, slabs }: PageImage) {
    this.channels = channels;
    this.frames = frames;
    this.table = new Int32Array(table);
    this.slabs = slabs.map(({ memory }) => new Float32Array(memory));
    const firstSlots = [0];
    for (const { slots } of slabs) firstSlots.push(firstSlots.at(-1)! + slots);
    this.firstSlots = firstSlots;
  }

  get slabCount(): number {
    return this.slabs.length;
  }

  /** Whether all frames from `first` to before `end` are there; an end behind the last frame does not count. */
  has(first: number, end: number): boolean {
    const last = Math.min(end, this.frames) - 1;
    for (let page = Math.floor(first / PAGE_FRAMES); page <= last / PAGE_FRAMES; page++)
      if (this.slotOf(page) < 0) return false;
    return true;
  }

  /** As `has`, for at most two pages' worth of frames, and holds them for `samples`. */
  find(first: number, end: number): boolean {
    const { found } = this;
    const firstPage = Math.floor(first / PAGE_FRAMES);
    this.firstPage = firstPage;
    for (let page = firstPage; page * PAGE_FRAMES < end; page++) {
      const slot = this.slotOf(page);
      if (slot < 0 || page - firstPage >= MOST_PAGES) return false;
      found[page - firstPage] = slot;
    }
    return true;
  }

  /** The memory that holds a page which was found; where a channel begins there is `start`. */
  samples(page: number): Float32Array {
    return this.slabs[this.slabOf(this.found[page - this.firstPage]!)]!;
  }

  start(page: number, channel: number): number {
    const slot = this.found[page - this.firstPage]!;
    return ((slot - this.firstSlots[this.slabOf(slot)]!) * this.channels + channel) * PAGE_FRAMES;
  }

  /** -1: the page is not there, or where this reader does not know of yet. */
  private slotOf(page: number): number {
    const slot = Atomics.load(this.table, page) - 1;
    return slot < this.firstSlots[this.firstSlots.length - 1]! ? slot : -1;
  }

  private slabOf(slot: number): number {
    let slab = 0;
    while (slot >= this.firstSlots[slab + 1]!) slab++;
    return slab;
  }
}
