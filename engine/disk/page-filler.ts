import type { DiskSound } from '../media/disk-sound.ts';
import { frameBytes, unpackSamples } from '../media/unpack-samples.ts';
import { AudioCloudError } from '@audiocloud/api/errors';
import { PAGE_FRAMES, type PageImage, pagesOf, slotBytes } from './page-store.ts';
import type { PcmSource } from './pcm-source.ts';

/** A page that was taken out of the table, and the mark of the reader at that time. */
interface Retired {
  slot: number;
  mark: number;
}

/** Most pages that one call of the system reads: fewer calls, and no long time in any. */
export const MOST_AT_ONCE = 4;
const MUCH_LATER_SECONDS = 0.5;

/**
 * Brings pages of one sound into one store. [disk]
 *
 * mark: WORD.reading of the task: odd while its reader is at work, another one each time. A store that was filled by another
 * filler before goes on with what is in it.
 */
export class PageFiller {
  readonly id: number;
  readonly sound: DiskSound;
  private readonly source: PcmSource;
  private readonly mark: () => number;
  private readonly table: Int32Array;
  private readonly planes: Float32Array[][] = [];
  /** By slot: its page; -1: none. */
  private readonly pageOf: number[] = [];
  /** By slot: the turn in which its page was wanted last. */
  private readonly wantedIn: number[] = [];
  /** By slot: in how many seconds its page was due then. */
  private readonly dueIn: number[] = [];
  private readonly free: number[] = [];
  private retired: Retired[] = [];

  constructor(image: PageImage, sound: DiskSound, source: PcmSource, mark: () => number) {
    this.id = image.id;
    this.sound = sound;
    this.source = source;
    this.mark = mark;
    this.table = new Int32Array(image.table);
    this.grow(image);
  }

  get slots(): number {
    return this.planes.length;
  }

  get pages(): number {
    return pagesOf(this.sound.frames);
  }

  /** Of the file, a page. */
  get pageBytes(): number {
    return PAGE_FRAMES * frameBytes(this.sound.file);
  }

  /** Takes slots into use that came later. The reader has to know of them before. */
  grow({ slabs, channels }: PageImage): void {
    const before = this.planes.length;
    const all = slabs.flatMap(({ memory, slots }) =>
      Array.from({ length: slots }, (_, s) =>
        Array.from(
          { length: channels },
          (_, c) => new Float32Array(memory, s * slotBytes(channels) + c * PAGE_FRAMES * 4, PAGE_FRAMES),
        ),
      ),
    );
    for (let slot = before; slot < all.length; slot++) {
      this.planes.push(all[slot]!);
      this.pageOf.push(-1);
      this.wantedIn.push(-1);
      this.dueIn.push(0);
      this.free.push(slot);
    }
    if (before > 0) return;
    this.table.forEach((word, page) => {
      if (word === 0) return;
      this.pageOf[word - 1] = page;
      this.free.splice(this.free.indexOf(word - 1), 1);
    });
  }

  has(page: number): boolean {
    return this.table[page] !== 0;
  }

  /** Says that a page is wanted in this turn, so that it stays, and in how many seconds it is due. */
  want(page: number, turn: number, dueSeconds: number): void {
    const slot = this.table[page]! - 1;
    if (slot < 0) return;
    this.dueIn[slot] = this.wantedIn[slot] === turn ? Math.min(this.dueIn[slot]!, dueSeconds) : dueSeconds;
    this.wantedIn[slot] = turn;
  }

  /**
   * Reads `count` pages from `page` on, none of which is there. Returns how many it had room for: what is wanted in this turn
   * stays, but for what is due much later.
   *
   * Throws MEDIA_MISSING, MEDIA_DAMAGED: as PcmSource.read, and for samples that are no finite numbers.
   */
  fill(page: number, count: number, turn: number, dueSeconds: number): number {
    const slots: number[] = [];
    while (slots.length < Math.min(count, MOST_AT_ONCE)) {
      const slot = this.takeSlot(turn, dueSeconds);
      if (slot < 0) break;
      slots.push(slot);
    }
    if (slots.length === 0) return 0;
    try {
      this.read(page, slots, turn, dueSeconds);
    } catch (error) {
      for (const slot of slots) if (this.pageOf[slot]! < 0) this.free.push(slot);
      throw error;
    }
    return slots.length;
  }

  private read(page: number, slots: readonly number[], turn: number, dueSeconds: number): void {
    const { file, frames } = this.sound;
    const first = page * PAGE_FRAMES;
    const wanted = Math.min(frames - first, slots.length * PAGE_FRAMES);
    const step = frameBytes(file);
    const bytes = this.source.read(file.dataOffset + first * step, wanted * step);
    slots.forEach((slot, n) => {
      const part = Math.min(PAGE_FRAMES, wanted - n * PAGE_FRAMES);
      const planes = this.planes[slot]!;
      const wrong = unpackSamples(bytes.subarray(n * PAGE_FRAMES * step), file, planes, 0, part);
      if (wrong >= 0) throw notFinite(file.path, first + n * PAGE_FRAMES + wrong);
      for (const plane of planes) plane.fill(0, part);
      this.pageOf[slot] = page + n;
      this.wantedIn[slot] = turn;
      this.dueIn[slot] = dueSeconds;
      Atomics.store(this.table, page + n, slot + 1);
    });
  }

  /** A slot that nobody reads; else one is made free of its page. -1: none, or not yet. */
  private takeSlot(turn: number, dueSeconds: number): number {
    const ready = this.free.pop();
    if (ready !== undefined) return ready;
    this.retired = this.retired.filter(({ slot, mark }) => {
      const isHeld = mark % 2 !== 0 && this.mark() === mark;
      if (!isHeld) this.free.push(slot);
      return isHeld;
    });
    const given = this.free.pop();
    if (given !== undefined) return given;
    const slot = this.leastWanted(turn, dueSeconds);
    if (slot < 0) return -1;
    Atomics.store(this.table, this.pageOf[slot]!, 0);
    this.pageOf[slot] = -1;
    const mark = this.mark();
    if (mark % 2 === 0) return slot;
    this.retired.push({ slot, mark }); // for the next turn
    return -1;
  }

  /** The page that was not wanted for longest; if all are wanted, the one due last, if that is much later. -1: none. */
  private leastWanted(turn: number, dueSeconds: number): number {
    const { pageOf, wantedIn, dueIn } = this;
    let oldest = -1;
    let last = -1;
    for (let slot = 0; slot < pageOf.length; slot++) {
      if (pageOf[slot]! < 0) continue;
      if (wantedIn[slot]! >= turn) {
        if (last < 0 || dueIn[slot]! > dueIn[last]!) last = slot;
      } else if (oldest < 0 || wantedIn[slot]! < wantedIn[oldest]!) oldest = slot;
    }
    if (oldest >= 0) return oldest;
    return last >= 0 && dueIn[last]! > dueSeconds + MUCH_LATER_SECONDS ? last : -1;
  }
}

const notFinite = (path: string, frame: number) =>
  new AudioCloudError('MEDIA_DAMAGED', `Cannot play '${path}': frame ${frame} is no finite number`, { path, frame });
