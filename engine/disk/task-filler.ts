import { AudioCloudError, type ErrorBody } from '@audiocloud/api';
import { TaskShared, WORD } from '../render/task-shared.ts';
import { ClipPlaces } from './clip-places.ts';
import type { DiskSpec } from './disk-spec.ts';
import { DiskStore } from './disk-store.ts';
import { MOST_AT_ONCE } from './page-filler.ts';
import { PAGE_FRAMES } from './page-store.ts';
import { type Stretch, timelinePath } from './timeline-path.ts';

/** How much is kept behind the playhead: for the crossfade of a seek, and for small steps back. */
export const BEHIND_SECONDS = 0.25;
/** How much of where the playhead may jump is kept: the start of the timeline and of the loop. */
const HEAD_SECONDS = 0.5;
/** How much must be there before a jump to a place is worth it. */
const NEAR_SECONDS = 0.1;
/** How long a place that somebody asked for is kept. */
const ASKED_SECONDS = 2;
/** Nothing is read before so much of the way ahead is missing: then it is several pages at once. */
const REFILL = 0.75;
/** Pages: more than the longest block and what is read with it offline. */
const FEWEST_AHEAD = 8;

interface Asked {
  positionFrame: number;
  until: number;
  answer: () => void;
}

/** A page that is not there yet. */
export interface MissingPage {
  task: TaskFiller;
  store: number;
  page: number;
  /** In so many seconds it is played; later for what is only kept. */
  dueSeconds: number;
}

/** The clips of one task that are on the disk, and what of them is in memory. [disk] */
export class TaskFiller {
  readonly key: number;
  private readonly shared: TaskShared;
  private readonly aheadSeconds: number;
  private readonly onTrouble: (path: string, error: ErrorBody | undefined) => void;
  private readonly stores = new Map<number, DiskStore>();
  /** The one in use, and those that come after it. */
  private specs: { spec: DiskSpec; places: ClipPlaces }[] = [];
  private asked: Asked[] = [];
  private turn = 0;
  /** Where it stood still when nothing was missing. */
  private restsAt = '';

  /** onTrouble: a file cannot be read; undefined: it can again. */
  constructor(spec: DiskSpec, aheadSeconds: number, onTrouble: TaskFiller['onTrouble']) {
    this.key = spec.key;
    this.shared = new TaskShared(spec.shared);
    this.aheadSeconds = aheadSeconds;
    this.onTrouble = onTrouble;
    this.update(spec);
  }

  /** Another plan of the task, which comes into use in a moment. */
  update(spec: DiskSpec): void {
    const isFirst = this.specs.length === 0;
    this.specs.push({ spec, places: new ClipPlaces(spec.clips) });
    const mark = () => Atomics.load(this.shared.words, WORD.reading);
    for (const { image, sound } of spec.stores)
      if (!this.stores.has(image.id)) this.stores.set(image.id, new DiskStore(image, sound, mark, this.onTrouble));
    if (isFirst) this.letGo();
  }

  /** Has what is around a place in memory for a while; calls `answer` when it is there, or cannot be had. */
  ask(positionFrame: number, nowSeconds: number, answer: () => void): void {
    for (const { answer } of this.asked) answer(); // who asked before wants to be elsewhere now
    this.asked = [{ positionFrame, until: nowSeconds + ASKED_SECONDS, answer }];
  }

  /** What is wanted and not there. To be called once in a turn: what is wanted is kept until the next one. */
  missing(nowSeconds: number): MissingPage[] {
    this.settle();
    const { playing } = this.shared;
    // a task that stands still, of which all is there that is wanted, need not be looked at
    if (!playing && this.asked.length === 0 && this.restsAt === this.place()) return [];
    const missing = this.lookAround(nowSeconds, playing);
    const isWell = this.stores.values().every(({ isInTrouble }) => !isInTrouble);
    this.restsAt = missing.length === 0 && isWell ? this.place() : '';
    return missing;
  }

  /** Reads a page, and those behind it that are wanted too. Returns how many bytes of the file were read. */
  fill({ store: id, page, dueSeconds }: MissingPage, nowSeconds: number, isWanted: (page: number) => boolean): number {
    const store = this.stores.get(id);
    if (!store || store.filler.has(page) || store.isResting(nowSeconds)) return 0;
    const { filler } = store;
    let count = 1;
    while (count < MOST_AT_ONCE && page + count < filler.pages && isWanted(page + count) && !filler.has(page + count))
      count++;
    return store.read(page, count, this.turn, dueSeconds, nowSeconds) * filler.pageBytes;
  }

  /** Answers those who asked for a place that is there now, or cannot be had. */
  answer(nowSeconds: number): void {
    const { sampleRate } = this.specs[0]!.spec;
    const nearFrames = Math.ceil(NEAR_SECONDS * sampleRate);
    this.asked = this.asked.filter((one) => {
      const isOver = one.until <= nowSeconds;
      if (isOver || this.isThere(this.path(one.positionFrame, nearFrames))) one.answer();
      return !isOver; // it is kept all the same
    });
  }

  /** Looks whether files that are open are what they were. */
  look(nowSeconds: number): void {
    for (const store of this.stores.values()) store.look(nowSeconds);
  }

  /**
   * Reads all that is played in the next `frames` frames; for who may wait. [render, offline]
   *
   * Throws MEDIA_MISSING, MEDIA_UNREADABLE, MEDIA_DAMAGED, TOO_LARGE.
   */
  fillNow(positionFrame: number, frames: number): void {
    this.settle();
    const turn = ++this.turn;
    const missing = new Map<DiskStore, Set<number>>();
    this.eachPage(this.path(positionFrame, frames), (store, page) => {
      if (store.filler.has(page)) store.filler.want(page, turn, 0);
      else missing.set(store, (missing.get(store) ?? new Set()).add(page));
    });
    for (const [{ filler }, pages] of missing)
      for (const page of [...pages].sort((a, b) => a - b)) {
        if (filler.has(page)) continue;
        let count = 1;
        while (pages.has(page + count)) count++;
        if (filler.fill(page, count, turn, 0) > 0) continue;
        const { path } = filler.sound.file;
        throw new AudioCloudError(
          'TOO_LARGE',
          `Cannot render: at one place clips want ${pages.size} pages of '${path}', ${filler.slots} can be held; spread the clips`,
          { path, pages: pages.size, mostPages: filler.slots },
        );
      }
  }

  close(): void {
    for (const store of this.stores.values()) store.close();
    for (const { answer } of this.asked.splice(0)) answer();
  }

  private lookAround(nowSeconds: number, isPlaying: boolean): MissingPage[] {
    const turn = ++this.turn;
    const { sampleRate } = this.specs[0]!.spec;
    const found = new Map<string, MissingPage>();
    const ahead = this.aheadSeconds;
    const frames = (seconds: number) => Math.ceil(seconds * sampleRate);
    const want = (stretches: readonly Stretch[], laterSeconds = 0, refill = Number.POSITIVE_INFINITY) =>
      this.eachPage(stretches, (store, page, dueFrames) => {
        const { filler } = store;
        const dueSeconds = laterSeconds + dueFrames / sampleRate;
        if (filler.has(page)) {
          filler.want(page, turn, dueSeconds);
          return;
        }
        if (store.isResting(nowSeconds)) return;
        const name = `${filler.id} ${page}`;
        if ((found.get(name)?.dueSeconds ?? Number.POSITIVE_INFINITY) <= dueSeconds) return;
        if (dueSeconds >= refill && !found.has(`${filler.id} ${page - 1}`)) return;
        found.set(name, { task: this, store: filler.id, page, dueSeconds });
      });
    const { positionFrame, loopStart, loopEnd } = this.shared;
    const way = aheadFrames(ahead, sampleRate);
    for (const asked of this.asked) want(this.path(asked.positionFrame, way));
    if (isPlaying) want(this.path(positionFrame, way), 0, ahead * REFILL);
    else want(this.path(positionFrame, way), ahead);
    const behind = Math.max(0, positionFrame - frames(BEHIND_SECONDS));
    want([{ from: behind, to: positionFrame, dueFrames: 0 }], ahead);
    if (loopEnd > loopStart) want([{ from: loopStart, to: loopStart + frames(HEAD_SECONDS), dueFrames: 0 }], ahead);
    want([{ from: 0, to: frames(HEAD_SECONDS), dueFrames: 0 }], 2 * ahead);
    return [...found.values()];
  }

  private path(positionFrame: number, frames: number): Stretch[] {
    const { loopStart, loopEnd } = this.shared;
    return timelinePath({ positionFrame, loopStart, loopEnd }, frames);
  }

  private eachPage(
    stretches: readonly Stretch[],
    each: (store: DiskStore, page: number, dueFrames: number) => void,
  ): void {
    for (const { places } of this.specs)
      for (const stretch of stretches)
        places.pages(stretch, (id, page, dueFrames) => each(this.stores.get(id)!, page, dueFrames));
  }

  private isThere(stretches: readonly Stretch[]): boolean {
    let isThere = true;
    this.eachPage(stretches, ({ filler, isInTrouble }, page) => {
      if (!filler.has(page) && !isInTrouble) isThere = false;
    });
    return isThere;
  }

  /** Another text when something else may be wanted of a task that stands still. */
  private place(): string {
    const { positionFrame, loopStart, loopEnd } = this.shared;
    return `${positionFrame} ${loopStart} ${loopEnd} ${this.specs.at(-1)!.spec.generation}`;
  }

  /** Goes over to the plan that has come into use. */
  private settle(): void {
    const { specs, shared } = this;
    const inUse = Atomics.load(shared.words, WORD.generation);
    const before = specs.length;
    while (specs.length > 1 && specs[1]!.spec.generation <= inUse) specs.shift();
    if (specs.length < before) this.letGo();
  }

  /** Takes memory into use that the renderer knows of by now; lets go of what no plan needs any more. */
  private letGo(): void {
    for (const { image } of this.specs[0]!.spec.stores) this.stores.get(image.id)!.filler.grow(image);
    const needed = new Set(this.specs.flatMap(({ spec }) => spec.stores.map(({ image }) => image.id)));
    for (const [id, store] of this.stores)
      if (!needed.has(id)) {
        store.close();
        this.stores.delete(id);
      }
  }
}

/** Frames that are read ahead. [any] */
export function aheadFrames(aheadSeconds: number, sampleRate: number): number {
  return Math.max(FEWEST_AHEAD * PAGE_FRAMES, Math.ceil(aheadSeconds * sampleRate));
}
