import { asAudioCloudError, AudioCloudError, type ErrorBody } from '@audiocloud/api';
import { TaskShared, WORD } from '../render/task-shared.ts';
import { ClipPlaces } from './clip-places.ts';
import type { DiskSpec } from './disk-spec.ts';
import { MOST_AT_ONCE, PageFiller } from './page-filler.ts';
import { PAGE_FRAMES } from './page-store.ts';
import { PcmSource } from './pcm-source.ts';
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
/** How soon a file that could not be read is tried again. */
const TRY_AGAIN_SECONDS = 1;

/** More than the longest block and what is read with it offline. */
const FEWEST_AHEAD = 8;

interface Store {
  filler: PageFiller;
  source: PcmSource;
  trouble: ErrorBody | undefined;
  tryAgainAt: number;
}

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
  readonly shared: TaskShared;
  private readonly aheadSeconds: number;
  private readonly stores = new Map<number, Store>();
  /** The one in use, and those that come after it. */
  private specs: { spec: DiskSpec; places: ClipPlaces }[] = [];
  private asked: Asked[] = [];
  private turn = 0;
  /** Where it stood still when nothing was missing. */
  private restsAt = '';
  /** Bytes read since `takeBytes`. */
  private bytes = 0;
  private readonly onTrouble: (path: string, error: ErrorBody | undefined) => void;

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
    for (const { image, sound } of spec.stores) {
      const known = this.stores.get(image.id);
      if (known) continue;
      const source = new PcmSource(sound.file);
      const mark = () => Atomics.load(this.shared.words, WORD.reading);
      const filler = new PageFiller(image, sound, source, mark);
      this.stores.set(image.id, { filler, source, trouble: undefined, tryAgainAt: 0 });
    }
    if (isFirst) this.settle();
  }

  /** Has what is around a place in memory for a while; calls `answer` when it is there, or cannot be had. */
  ask(positionFrame: number, nowSeconds: number, answer: () => void): void {
    for (const { answer } of this.asked.splice(0)) answer(); // who asked before wants to be elsewhere now
    this.asked = [{ positionFrame, until: nowSeconds + ASKED_SECONDS, answer }];
  }

  get isPlaying(): boolean {
    return this.shared.playing;
  }

  /** What is wanted and not there. To be called once in a turn: what is wanted is kept until the next one. */
  missing(nowSeconds: number): MissingPage[] {
    this.settle();
    if (this.isAtRest()) return [];
    const missing = this.lookAround(nowSeconds);
    const isWell = this.stores.values().every(({ trouble }) => !trouble);
    this.restsAt = missing.length === 0 && isWell ? this.place() : '';
    return missing;
  }

  /** A task that stands still, of which all is there that is wanted, need not be looked at. */
  private isAtRest(): boolean {
    return !this.isPlaying && this.asked.length === 0 && this.restsAt === this.place();
  }

  private place(): string {
    const { positionFrame, loopStart, loopEnd } = this.shared;
    return `${positionFrame} ${loopStart} ${loopEnd} ${this.specs.at(-1)!.spec.generation}`;
  }

  private lookAround(nowSeconds: number): MissingPage[] {
    const turn = ++this.turn;
    const { sampleRate } = this.specs[0]!.spec;
    const found = new Map<string, MissingPage>();
    const ahead = this.aheadSeconds;
    const want = (stretches: readonly Stretch[], keepSeconds = 0, refill = 0) => {
      for (const { places } of this.specs)
        for (const stretch of stretches)
          places.pages(stretch, (id, page, dueFrames) => {
            const store = this.stores.get(id)!;
            if (store.filler.has(page)) {
              store.filler.want(page, turn);
              return;
            }
            const dueSeconds = keepSeconds + dueFrames / sampleRate;
            const key = `${id} ${page}`;
            const before = found.get(key);
            if (before && before.dueSeconds <= dueSeconds) return;
            if (refill > 0 && dueSeconds >= refill && !found.has(`${id} ${page - 1}`)) return;
            found.set(key, { task: this, store: id, page, dueSeconds });
          });
    };
    const frames = (seconds: number) => Math.ceil(seconds * sampleRate);
    const { positionFrame, loopStart, loopEnd } = this.shared;
    const place = { positionFrame, loopStart, loopEnd };
    this.asked = this.asked.filter(({ until, answer }) => {
      if (until <= nowSeconds) answer();
      return until > nowSeconds;
    });
    for (const { positionFrame } of this.asked)
      want(timelinePath({ ...place, positionFrame }, this.aheadFrames(sampleRate)));
    want(
      timelinePath(place, this.aheadFrames(sampleRate)),
      this.isPlaying ? 0 : ahead,
      this.isPlaying ? ahead * REFILL : 0,
    );
    const behind = Math.max(0, positionFrame - frames(BEHIND_SECONDS));
    want([{ from: behind, to: positionFrame, dueFrames: 0 }], ahead);
    if (loopEnd > loopStart) want([{ from: loopStart, to: loopStart + frames(HEAD_SECONDS), dueFrames: 0 }], ahead);
    want([{ from: 0, to: frames(HEAD_SECONDS), dueFrames: 0 }], 2 * ahead);
    return [...found.values()].filter(({ store }) => this.stores.get(store)!.tryAgainAt <= nowSeconds);
  }

  /** Reads a page, and those behind it that are missing too. Returns whether it is there now. */
  fill({ store: id, page }: MissingPage, nowSeconds: number, isWanted: (page: number) => boolean): boolean {
    const store = this.stores.get(id);
    if (!store || store.filler.has(page)) return true;
    if (store.tryAgainAt > nowSeconds) return false;
    const { filler } = store;
    let count = 1;
    while (count < MOST_AT_ONCE && page + count < filler.pages && isWanted(page + count) && !filler.has(page + count))
      count++;
    try {
      const done = filler.fill(page, count, this.turn);
      this.bytes += done * PAGE_FRAMES * filler.sound.channels * (filler.sound.file.bits / 8);
      if (store.trouble) this.onTrouble(filler.sound.file.path, undefined);
      store.trouble = undefined;
      return done > 0;
    } catch (thrown) {
      this.fail(store, asAudioCloudError(thrown, 'MEDIA_DAMAGED'), nowSeconds);
      return false;
    }
  }

  /** Answers those who asked for a place that is there now. */
  answer(): void {
    const { sampleRate } = this.specs[0]!.spec;
    const { loopStart, loopEnd } = this.shared;
    this.asked = this.asked.filter((one) => {
      const near = timelinePath(
        { positionFrame: one.positionFrame, loopStart, loopEnd },
        Math.ceil(NEAR_SECONDS * sampleRate),
      );
      if (!this.isThere(near)) return true;
      one.answer();
      one.answer = () => {}; // it is kept all the same
      return true;
    });
  }

  /** Looks whether files that are open are what they were. */
  look(nowSeconds: number): void {
    for (const store of this.stores.values()) {
      if (store.tryAgainAt > nowSeconds) continue;
      try {
        store.source.look();
        if (store.trouble) this.onTrouble(store.filler.sound.file.path, undefined);
        store.trouble = undefined;
      } catch (thrown) {
        this.fail(store, asAudioCloudError(thrown, 'MEDIA_DAMAGED'), nowSeconds);
      }
    }
  }

  /**
   * Reads all that is played in the next `frames` frames, and a little more; for who may wait. [render, offline]
   *
   * Throws MEDIA_MISSING, MEDIA_DAMAGED.
   */
  fillNow(positionFrame: number, frames: number): void {
    this.settle();
    const turn = ++this.turn;
    const { shared, specs } = this;
    const { loopStart, loopEnd } = shared;
    const path = timelinePath({ positionFrame, loopStart, loopEnd }, frames);
    const missing = new Map<Store, Set<number>>();
    for (const { places } of specs)
      for (const stretch of path)
        places.pages(stretch, (id, page) => {
          const store = this.stores.get(id)!;
          if (store.filler.has(page)) store.filler.want(page, turn);
          else missing.set(store, (missing.get(store) ?? new Set()).add(page));
        });
    for (const [{ filler }, pages] of missing)
      for (const page of [...pages].sort((a, b) => a - b)) {
        if (filler.has(page)) continue;
        let count = 1;
        while (pages.has(page + count)) count++;
        if (filler.fill(page, count, turn) > 0) continue;
        const { path } = filler.sound.file;
        throw new AudioCloudError(
          'TOO_LARGE',
          `Cannot render: at one place clips want ${pages.size} pages of '${path}', ${filler.slots} can be held; spread the clips`,
          { path, pages: pages.size, mostPages: filler.slots },
        );
      }
  }

  /** Bytes read from files since the last call. */
  takeBytes(): number {
    const { bytes } = this;
    this.bytes = 0;
    return bytes;
  }

  close(): void {
    for (const { source } of this.stores.values()) source.close();
    for (const { answer } of this.asked.splice(0)) answer();
  }

  private aheadFrames(sampleRate: number): number {
    return aheadFrames(this.aheadSeconds, sampleRate);
  }

  private isThere(stretches: readonly Stretch[]): boolean {
    let isThere = true;
    for (const { places } of this.specs)
      for (const stretch of stretches)
        places.pages(stretch, (id, page) => {
          const { filler, trouble } = this.stores.get(id)!;
          if (!filler.has(page) && !trouble) isThere = false;
        });
    return isThere;
  }

  /** Lets go of what the image in use does not need any more. */
  private settle(): void {
    const { specs, shared } = this;
    const inUse = Atomics.load(shared.words, WORD.generation);
    let grown = specs.length === 1;
    while (specs.length > 1 && specs[1]!.spec.generation <= inUse) {
      specs.shift();
      grown = true;
    }
    if (!grown) return;
    for (const { image } of specs[0]!.spec.stores) this.stores.get(image.id)!.filler.grow(image);
    const needed = new Set(specs.flatMap(({ spec }) => spec.stores.map(({ image }) => image.id)));
    for (const [id, { source }] of this.stores)
      if (!needed.has(id)) {
        source.close();
        this.stores.delete(id);
      }
  }

  private fail(store: Store, error: AudioCloudError, nowSeconds: number): void {
    store.tryAgainAt = nowSeconds + TRY_AGAIN_SECONDS;
    const body = error.toJSON();
    if (store.trouble?.message === body.message) return;
    store.trouble = body;
    this.onTrouble(store.filler.sound.file.path, body);
  }
}

/** Frames that are read ahead. [any] */
export function aheadFrames(aheadSeconds: number, sampleRate: number): number {
  return Math.max(FEWEST_AHEAD * PAGE_FRAMES, Math.ceil(aheadSeconds * sampleRate));
}
