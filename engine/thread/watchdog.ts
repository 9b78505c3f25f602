import { EventEmitter } from 'node:events';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { TaskImage } from '../render/task-image.ts';
import type { ThreadNote } from './letter.ts';
import type { Scheduling } from './priority.ts';
import type { Wake } from './wake.ts';
import type { FoundPlace, WatchdogData, WatchdogNote, WatchdogOrder } from './watchdog-message.ts';

/** A worker that stands by, or is a render thread. */
export interface RenderWorker {
  readonly id: number;
  readonly port: MessagePort;
  readonly scheduling: Scheduling;
  /** Lets it take its first letter, an AdoptLetter, from the port. */
  wake(): void;
}

interface Events {
  note: [worker: number, note: ThreadNote];
  ended: [note: Extract<WatchdogNote, { type: 'ended' }>];
  places: [places: FoundPlace[]];
  /** The watchdog itself is gone, and all workers with it. */
  lost: [error: Error];
}

/** The watchdog, seen from the control thread. It starts and ends the workers of the render threads. [control] */
export class Watchdog extends EventEmitter<Events> {
  readonly scheduling: Scheduling;
  private readonly worker: Worker;
  private lastWorker = 0;
  private readonly living = new Set<number>();
  private readonly starting = new Map<number, (why: string) => void>();

  /** wedgedMs: CPU time at one place of a block after which a render thread is ended.   lookMs: time between looks. */
  static async start(wake: Wake, wedgedMs: number, lookMs: number): Promise<Watchdog> {
    const worker = new Worker(new URL(`./watchdog-thread${import.meta.url.slice(-3)}`, import.meta.url), {
      name: 'watchdog',
      workerData: { memory: wake.memory, wedgedMs, lookMs } satisfies WatchdogData,
    });
    const scheduling = await new Promise<Scheduling>((resolve, reject) => {
      worker.once('message', (note: WatchdogNote) => resolve(note.type === 'up' ? note.scheduling : 'none'));
      worker.once('error', reject);
    });
    worker.removeAllListeners('error');
    return new Watchdog(wake, worker, scheduling);
  }

  private constructor(wake: Wake, worker: Worker, scheduling: Scheduling) {
    super();
    this.worker = worker;
    this.scheduling = scheduling;
    worker.on('message', (note: WatchdogNote) => {
      if (note.type === 'places') this.emit('places', note.places);
      else if (note.type === 'ended') {
        this.living.delete(note.worker);
        this.starting.get(note.worker)?.(note.why);
        this.emit('ended', note);
      }
    });
    worker.on('error', (error) => this.emit('lost', error));
    worker.on('exit', (code) => {
      if (!wake.isStopped()) this.emit('lost', new Error(`The watchdog ended with code ${code}`));
    });
  }

  /** Starts a worker; resolves when it stands by. */
  async spawn(): Promise<RenderWorker> {
    const id = ++this.lastWorker;
    this.living.add(id);
    const { port1: port, port2: theirs } = new MessageChannel();
    const standby = new SharedArrayBuffer(4);
    const up = new Promise<Scheduling>((resolve, reject) => {
      this.starting.set(id, (why) => reject(new Error(`Cannot start a render thread: ${why}`)));
      port.on('message', (note: ThreadNote) => {
        if (note.type === 'up') resolve(note.scheduling);
        else this.emit('note', id, note);
      });
    });
    port.unref(); // the watchdog keeps the process alive
    this.order({ type: 'spawn', worker: id, port: theirs, standby }, [theirs]);
    try {
      const scheduling = await up;
      const wake = (): void => {
        const word = new Int32Array(standby);
        Atomics.store(word, 0, 1);
        Atomics.notify(word, 0);
      };
      return { id, port, scheduling, wake };
    } finally {
      this.starting.delete(id);
    }
  }

  seat(worker: number, thread: number): void {
    this.order({ type: 'seat', worker, thread });
  }

  /** From now on the slot stands for this task. */
  watch(slot: number, { shared, memories }: TaskImage): void {
    const progress = memories.map(({ memory, seats }) => ({ memory, at: seats.map((seat) => seat.progress) }));
    this.order({ type: 'watch', slot, shared, progress });
  }

  unwatch(slot: number): void {
    this.order({ type: 'unwatch', slot });
  }

  /** Ends it when all workers have ended, and those that do not within `timeoutMs`. The wake memory must be stopped. */
  async end(timeoutMs: number): Promise<void> {
    const until = performance.now() + timeoutMs;
    while (this.living.size > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 5));
    const ended = new Promise((resolve) => this.worker.once('exit', resolve));
    this.order({ type: 'end' });
    const timer = setTimeout(() => void this.worker.terminate(), 1000);
    await ended;
    clearTimeout(timer);
  }

  private order(order: WatchdogOrder, transfer: MessagePort[] = []): void {
    this.worker.postMessage(order, transfer);
  }
}
