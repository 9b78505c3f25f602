import type { AdoptLetter, Letter, SeatedTask } from './letter.ts';
import { inUse } from '../render/in-use.ts';
import { LINE, type ThreadLine } from './thread-line.ts';
import type { Wake } from './wake.ts';
import type { RenderWorker } from './watchdog.ts';

/**
 * The letters of one render thread, and what it holds after those that it took. [control]
 *
 * So its place can be given to another worker at any time: what it held goes first, then the letters that were not taken.
 */
export class Mailbox {
  worker: RenderWorker;
  private readonly wake: Wake;
  private readonly thread: number;
  private readonly line: ThreadLine;
  private readonly held = new Map<string, SeatedTask>();
  private waiting: { number: number; letter: Letter }[] = [];

  constructor(wake: Wake, thread: number, worker: RenderWorker) {
    this.wake = wake;
    this.thread = thread;
    this.line = wake.lines[thread]!;
    this.worker = worker;
    this.hand();
  }

  /** Resolves when the thread acted upon the letter. */
  async post(letter: Letter): Promise<void> {
    this.waiting.push({ number: this.line.get(LINE.posted) + 1, letter });
    this.worker.port.postMessage(letter);
    await this.wake.mailPosted(this.thread);
    this.settle();
  }

  /** The thread dropped a task by itself. */
  forget(task: string, slot: number): void {
    this.settle();
    if (slot === 0 || this.held.get(task)?.slot === slot) this.held.delete(task);
  }

  /** Gives the place to another worker, which goes on with what the one before held. */
  giveTo(worker: RenderWorker): void {
    this.settle();
    this.worker = worker;
    this.hand();
    for (const { letter } of this.waiting) worker.port.postMessage(letter);
  }

  private hand(): void {
    const tasks = [...this.held.values()].map((seated) => ({ ...seated, image: inUse(seated.image) }));
    this.worker.port.postMessage({ type: 'adopt', thread: this.thread, tasks } satisfies AdoptLetter);
    this.worker.wake();
  }

  private settle(): void {
    const taken = this.line.get(LINE.taken);
    while (this.waiting.length > 0 && ((taken - this.waiting[0]!.number) | 0) >= 0)
      this.apply(this.waiting.shift()!.letter);
  }

  private apply(letter: Letter): void {
    const { held } = this;
    const present = held.get(letter.task);
    if (letter.type === 'update') {
      if (!present) return;
      if (letter.image.branches) held.delete(letter.task); // as the thread does: shared tasks come last
      held.set(letter.task, { ...present, image: letter.image });
      return;
    }
    held.delete(letter.task); // the thread, too, puts a task that is there already at the end
    if (letter.type === 'remove') return;
    const { type: _, ...seated } = letter;
    held.set(letter.task, seated);
  }
}
