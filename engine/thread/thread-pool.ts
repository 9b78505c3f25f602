import { EventEmitter } from 'node:events';
import { AudioCloudError } from '@audiocloud/api';
import { InOrder } from '../process/in-order.ts';
import { inUse } from '../render/in-use.ts';
import type { TaskImage } from '../render/task-image.ts';
import { nextMove, type PlacedTask, roomiest, toShare } from './balance.ts';
import type { Letter, ThreadNote } from './letter.ts';
import type { Turn } from './load-turns.ts';
import { Mailbox } from './mailbox.ts';
import { PlaceCounts } from './place-counts.ts';
import { leastScheduling, type Scheduling } from './priority.ts';
import { TaskCounters } from './task-counters.ts';
import type { Wake } from './wake.ts';
import { type RenderWorker, Watchdog } from './watchdog.ts';
import type { FoundPlace } from './watchdog-message.ts';

interface Events {
  /** A task threw on its render thread, or that had to be ended outside any instance: the task is no longer rendered. */
  failed: [task: string, error: AudioCloudError];
  /** A render thread was stuck, was ended and has been replaced. instance: what it was stuck in; it is muted. */
  replaced: [thread: number, task: string | undefined, instance: string | undefined];
  /** A render thread ended by itself: nothing of it can be saved. */
  lost: [error: Error];
}

export interface PoolOptions {
  /**
   * CPU time at one place of a block, in ms, after which a render thread is ended. Fuel cuts an endless loop after about
   * a millisecond; this is for what fuel does not count well, so it may be generous.
   */
  wedgedMs?: number;
  /**
   * From one look of the watchdog to the next, in ms: this to twice this, at random; default 10. Looks find out where the load
   * is, and take time from the render threads.
   */
  lookMs?: number;
}

/** A task as the pool placed it. */
interface Placed {
  thread: number;
  slot: number;
  image: TaskImage;
  counters: TaskCounters;
  places: PlaceCounts;
  /** The other threads do branches of it. */
  isShared: boolean;
}

const DEFAULT_WEDGED_MS = 50;
const DEFAULT_LOOK_MS = 10;
/** After the first task: the worker that stands by takes processor time to start, which the first play would wait for. */
const STAND_BY_MS = 1000;
/** A thread looks up every 100 ms; one that has not by then is stuck. */
const STOP_MS = 500;

/** The render threads of an engine, seen from its control thread: places tasks, sends their images. [control] */
export class ThreadPool extends EventEmitter<Events> {
  private readonly wake: Wake;
  private readonly watchdog: Watchdog;
  private readonly boxes: Mailbox[];
  private readonly tasks = new Map<string, Placed>();
  private readonly order = new InOrder();
  /** By thread: blocks in which it was late without having begun, so that no task was the cause. */
  private readonly starved: number[];
  private readonly replacements: number[];
  /** The worker that stands by, from soon after the first task on: before, there is nothing that a thread could be stuck in. */
  private spare: Promise<RenderWorker> | undefined;
  private spareTimer: NodeJS.Timeout | undefined;
  private lastSlot = 0;

  /** Starts as many threads as the wake memory has places; resolves when all answer the device. */
  static async start(
    wake: Wake,
    { wedgedMs = DEFAULT_WEDGED_MS, lookMs = DEFAULT_LOOK_MS }: PoolOptions = {},
  ): Promise<ThreadPool> {
    const watchdog = await Watchdog.start(wake, wedgedMs, lookMs);
    const workers = await Promise.all(Array.from({ length: wake.threads }, () => watchdog.spawn()));
    return new ThreadPool(wake, watchdog, workers);
  }

  private constructor(wake: Wake, watchdog: Watchdog, workers: RenderWorker[]) {
    super();
    this.wake = wake;
    this.watchdog = watchdog;
    this.starved = workers.map(() => 0);
    this.replacements = workers.map(() => 0);
    this.boxes = workers.map((worker, thread) => {
      watchdog.seat(worker.id, thread);
      return new Mailbox(wake, thread, worker);
    });
    watchdog.on('note', (worker, note) => this.take(worker, note));
    watchdog.on('places', (places) => this.count(places));
    watchdog.on('lost', (error) => this.emit('lost', error));
    watchdog.on('ended', ({ worker, thread, isWedged, why }) => {
      if (wake.isStopped()) return;
      if (thread !== undefined && isWedged) void this.replace(thread);
      else if (thread !== undefined) this.emit('lost', new Error(`A render thread is gone: ${why}`));
      else void this.spare?.then((spare) => spare.id === worker && this.emit('lost', new Error(why)));
    });
  }

  /** The least that any render thread got. */
  get scheduling(): Scheduling {
    return leastScheduling(this.boxes.map(({ worker }) => worker.scheduling));
  }

  /** What each got. */
  schedulings(): { name: string; scheduling: Scheduling }[] {
    return [
      ...this.boxes.map(({ worker: { scheduling } }, thread) => ({ name: `render ${thread}`, scheduling })),
      { name: 'watchdog', scheduling: this.watchdog.scheduling },
    ];
  }

  /** Has a task rendered, on the thread with the least load; one of the same id is replaced. Resolves when it was taken. */
  add(task: string, image: TaskImage): Promise<void> {
    return this.order.run(task, async () => {
      const before = this.tasks.get(task);
      const thread = before?.thread ?? roomiest(this.placement());
      const counters = before?.counters ?? TaskCounters.create(thread);
      const slot = ++this.lastSlot;
      this.tasks.set(task, { thread, slot, image, counters, places: new PlaceCounts(), isShared: false });
      this.watchdog.watch(slot, image);
      if (before?.isShared) await this.postToOthers(thread, () => ({ type: 'remove', task }));
      await this.boxes[thread]!.post({ type: 'add', task, slot, seat: 0, image, counters: counters.buffer });
      if (before) this.watchdog.unwatch(before.slot);
      this.spareTimer ??= setTimeout(() => {
        this.spare ??= this.newSpare();
      }, STAND_BY_MS).unref();
    });
  }

  /**
   * Has the other threads do branches of a task, from now on also after updates; it stays on its thread. Resolves when all
   * have the image.
   *
   * image: as LoadedTask.share gave it, for as many threads as there are. isAlways: until the next update the branches
   * are shared even where measurements say that one thread is faster.
   */
  share(task: string, image: TaskImage, isAlways = false): Promise<void> {
    return this.order.run(task, async () => {
      const placed = this.tasks.get(task);
      if (!placed) return;
      placed.isShared = true;
      placed.image = image;
      const { thread, slot, counters } = placed;
      this.watchdog.watch(slot, image);
      await this.postToOthers(thread, (seat) => ({
        type: 'add',
        task,
        slot,
        seat,
        image: inUse(image),
        counters: counters.buffer,
      }));
      await this.boxes[thread]!.post({ type: 'update', task, image: inUse(image), isAlwaysShared: isAlways });
    });
  }

  /** Swaps the image of a task at a block boundary; resolves when the old one is let go of. */
  update(task: string, image: TaskImage): Promise<void> {
    return this.order.run(task, async () => {
      const placed = this.tasks.get(task);
      if (!placed) return;
      if (image.memories.length !== placed.image.memories.length) this.watchdog.watch(placed.slot, image);
      placed.image = image;
      await Promise.all([
        this.boxes[placed.thread]!.post({ type: 'update', task, image }),
        placed.isShared && this.postToOthers(placed.thread, () => ({ type: 'update', task, image: inUse(image) })),
      ]);
    });
  }

  /** Resolves when nothing of the task is touched any more; at once for a task that is not there. */
  remove(task: string): Promise<void> {
    return this.order.run(task, async () => {
      const placed = this.tasks.get(task);
      if (!placed) return;
      await this.boxes[placed.thread]!.post({ type: 'remove', task });
      if (placed.isShared) await this.postToOthers(placed.thread, () => ({ type: 'remove', task }));
      if (this.tasks.get(task) !== placed) return; // it failed meanwhile
      this.tasks.delete(task);
      this.watchdog.unwatch(placed.slot);
    });
  }

  /**
   * Has another thread render the task: block n here, block n + 1 there. Resolves when the old thread let go of it.
   *
   * At once when the task is not there, on that thread already, or shared: then it stays.
   */
  move(task: string, to: number): Promise<void> {
    return this.order.run(task, async () => {
      const placed = this.tasks.get(task);
      if (!placed || placed.thread === to || placed.isShared) return;
      const from = placed.thread;
      const { slot, image, counters } = placed;
      await this.boxes[to]!.post({ type: 'add', task, slot, seat: 0, image: inUse(image), counters: counters.buffer });
      if (this.tasks.get(task) !== placed) return; // it failed here or there
      await counters.moveTo(to, () => this.wake.isStopped() || this.tasks.get(task) !== placed);
      placed.thread = counters.owner;
      await this.boxes[from]!.post({ type: 'remove', task });
    });
  }

  /**
   * Moves one task off a thread that is full, when that helps. Call it about once a second.
   *
   * claimOf: what a task may need of its thread, if that is more than it takes at present. Returns a task that should be
   * shared, since its thread is full and no move helps.
   */
  async balance(claimOf: (task: string) => number = () => 0): Promise<string | undefined> {
    const placement = this.placement().map((tasks) =>
      tasks.map(({ task, load, stays }) => ({ task, load: Math.max(load, claimOf(task)), stays })),
    );
    const move = nextMove(placement);
    if (!move) return toShare(placement);
    await this.move(move.task, move.to);
    return undefined;
  }

  /** The tasks of each thread. */
  tasksOf(): string[][] {
    return this.placement().map((tasks) => tasks.map(({ task }) => task));
  }

  /** The turns since the last call: of each task, and of each thread as a whole. */
  takeTurns(): { tasks: Map<string, Turn[]>; threads: Turn[][] } {
    return {
      tasks: new Map([...this.tasks].map(([task, { counters }]) => [task, counters.turns.take()])),
      threads: this.wake.turns.map((turns) => turns.take()),
    };
  }

  /** The thread that renders a task. */
  threadOf(task: string): number | undefined {
    return this.tasks.get(task)?.thread;
  }

  /** Blocks that a task missed because it was late. */
  lateBlocks(task: string): number {
    return this.tasks.get(task)?.counters.missedBlocks ?? 0;
  }

  /** The largest load of a thread, 0 to 1 (above when late). */
  load(): number {
    return Math.max(...this.boxes.map((_, thread) => this.wake.load(thread)));
  }

  /** What each thread did. Peaks are since the last call. */
  threadCounters() {
    const { wake } = this;
    return this.boxes.map(({ worker: { scheduling } }, thread) => ({
      name: `render ${thread}`,
      scheduling,
      tasks: [...this.tasks].filter(([, placed]) => placed.thread === thread).map(([task]) => task),
      blocks: wake.lines[thread]!.renderedBlocks,
      missedBlocks: wake.lateBlocks(thread),
      starvedBlocks: this.starved[thread]!,
      load: wake.load(thread),
      peakLoad: wake.lines[thread]!.takePeakLoad(),
      blockMs: wake.blockTimes[thread]!.distribution(),
      replacements: this.replacements[thread]!,
    }));
  }

  /** What each task cost, and its instances. Peaks are since the last call. */
  taskCounters() {
    return Object.fromEntries(
      [...this.tasks].map(([task, { thread, counters, places }]) => {
        const blockMs = counters.blockTimes.distribution();
        const { missedBlocks, load } = counters;
        return [
          task,
          {
            thread,
            blocks: blockMs.count, // its thread counts on meanwhile: both are of one look
            missedBlocks,
            load,
            peakLoad: counters.takePeakLoad(),
            blockMs,
            instanceLoads: Object.fromEntries([...places.shares()].map(([name, share]) => [name, share * load])),
            lateBlocks: Object.fromEntries(places.lateBlocks()),
          },
        ];
      }),
    );
  }

  async stop(): Promise<void> {
    this.wake.stop();
    clearTimeout(this.spareTimer);
    const spare = await this.spare?.catch(() => undefined);
    spare?.wake();
    await this.watchdog.end(STOP_MS);
  }

  private placement(): PlacedTask[][] {
    const threads: PlacedTask[][] = this.boxes.map(() => []);
    for (const [task, { thread, counters, isShared }] of this.tasks)
      threads[thread]!.push({ task, load: counters.load, stays: isShared });
    return threads;
  }

  /** Posts a letter to every thread but one. seat: of the thread that gets it, in a task of that one. */
  private async postToOthers(thread: number, letter: (seat: number) => Letter): Promise<void> {
    await Promise.all(
      this.boxes.map((box, other) => other !== thread && box.post(letter(other < thread ? other + 1 : other))),
    );
  }

  private newSpare(): Promise<RenderWorker> {
    const spare = this.watchdog.spawn();
    spare.catch((error: Error) => {
      if (!this.wake.isStopped()) this.emit('lost', error);
    });
    return spare;
  }

  /** Puts the worker that stands by in the place of one that was ended. */
  private async replace(thread: number): Promise<void> {
    this.spare ??= this.newSpare();
    const worker = await this.spare.catch(() => undefined);
    if (!worker || this.wake.isStopped()) return;
    this.replacements[thread]! += 1;
    this.watchdog.seat(worker.id, thread);
    this.boxes[thread]!.giveTo(worker);
    this.spare = this.newSpare();
  }

  private take(worker: number, note: ThreadNote): void {
    const thread = this.boxes.findIndex((box) => box.worker.id === worker);
    if (thread < 0) return;
    if (note.type === 'adopted') this.emit('replaced', thread, note.task, note.instance);
    if (note.type !== 'failed') return;
    const { task, slot, doing } = note;
    this.boxes[thread]!.forget(task, slot);
    const placed = this.tasks.get(task);
    if (placed) {
      this.tasks.delete(task);
      this.watchdog.unwatch(placed.slot);
      // half moved: the other thread has it too
      this.boxes.forEach((box, other) => {
        if (other !== thread) void box.post({ type: 'remove', task });
      });
    }
    const message = `Cannot ${doing} task '${task}': ${note.message}; load it again`;
    this.emit('failed', task, new AudioCloudError('ENGINE_FAILED', message, { task }));
  }

  private count(places: FoundPlace[]): void {
    for (const { thread, slot, lateBlocks } of places) if (slot === 0) this.starved[thread]! += lateBlocks;
    for (const { slot, image, places: counts } of this.tasks.values())
      counts.add(
        image,
        places.filter((place) => place.slot === slot),
      );
  }
}
