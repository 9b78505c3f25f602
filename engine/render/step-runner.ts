import { MemoryRunner } from './memory-runner.ts';
import { FLAG } from './program.ts';
import { STEP, STEP_NUMBERS, type TaskImage } from './task-image.ts';
import { TaskShared, WORD } from './task-shared.ts';

/** One channel that goes from one memory to another, with the word of each that says whether it is silent. */
interface Copy {
  from: Float32Array;
  to: Float32Array;
  fromWords: Uint32Array;
  fromFlag: number;
  toWords: Uint32Array;
  toFlag: number;
}

/** Works through the steps of a task on one thread, which has a seat of its own in every memory. [render] */
export class StepRunner {
  /** By memory. */
  readonly memories: MemoryRunner[] = [];
  private readonly seat: number;
  private readonly words: Int32Array;
  private image: TaskImage;
  /** By step; undefined for a step that is no copy. */
  private copies: (Copy | undefined)[] = [];
  /** A channel was copied, or made silent. */
  private isCopying = false;

  /** Does nothing before its first `update`. [render, between blocks] */
  constructor(image: TaskImage, seat = 0) {
    this.seat = seat;
    this.image = image;
    this.words = new TaskShared(image.shared).words;
  }

  /** Goes over to an image. [render, between blocks] */
  update(image: TaskImage): void {
    this.image = image;
    const { memories } = this;
    image.memories.forEach((memory, m) => {
      if (memories[m]?.id === memory.id) memories[m].renewViews();
      else memories[m] = new MemoryRunner(memory, image.host, this.seat);
    });
    const { steps } = image;
    this.copies = [];
    for (let s = 0; s < steps.length; s += STEP_NUMBERS)
      this.copies.push(
        steps[s] !== STEP.copy
          ? undefined
          : {
              from: this.channel(steps[s + 1]!, steps[s + 2]!),
              to: this.channel(steps[s + 3]!, steps[s + 4]!),
              fromWords: memories[steps[s + 1]!]!.views.u32,
              fromFlag: steps[s + 5]! >>> 2,
              toWords: memories[steps[s + 3]!]!.views.u32,
              toFlag: steps[s + 6]! >>> 2,
            },
      );
  }

  /** A buffer of the task, as long as its longest block and its padding. [render, between blocks] */
  channel(memory: number, address: number): Float32Array {
    const first = address >> 2;
    return this.memories[memory]!.views.f32.subarray(first, first + ((this.image.maxFrames + 3) & ~3));
  }

  /** Does the steps from index `from` to before `to`; of the first one from a record on (-1: its own first). [render] */
  run(from: number, to: number, frames: number, record = -1): void {
    const { memories, copies, words, seat } = this;
    const { steps } = this.image;
    for (let s = from; s < to; s += STEP_NUMBERS) {
      words[WORD.step + seat] = s + 1;
      if (steps[s] === STEP.run) {
        const first = s === from && record >= 0 ? record : steps[s + 3]!;
        memories[steps[s + 1]!]!.run(steps[s + 2]!, first, steps[s + 4]!, frames);
      } else {
        if (copyChannel(copies[s / STEP_NUMBERS]!)) this.isCopying = true;
      }
    }
    words[WORD.step + seat] = 0;
  }

  /** Whether the steps did anything since the last call: if not, the next block finds all as this one did. [render] */
  takeActivity(): boolean {
    const { memories } = this;
    let isActive = this.isCopying;
    this.isCopying = false;
    for (let m = 0; m < memories.length; m++) if (memories[m]!.takeActivity()) isActive = true;
    return isActive;
  }

  /** Whether an instance was muted since the last call. [render] */
  takeFailure(): boolean {
    const { memories } = this;
    let hasFailed = false;
    for (let m = 0; m < memories.length; m++) if (memories[m]!.takeFailure()) hasFailed = true;
    return hasFailed;
  }

  /** Says that this thread waits for others, and is not stuck; or no longer. [render] */
  setWaiting(isWaiting: boolean): void {
    this.words[WORD.step + this.seat] = isWaiting ? -1 : 0;
  }

  /** The step that this seat's thread left behind when it was ended; below 0: none. [render, between blocks] */
  get stepInProgress(): number {
    return this.words[WORD.step + this.seat]! - 1;
  }
}

/** Returns whether anything had to be done. */
function copyChannel({ from, to, fromWords, fromFlag, toWords, toFlag }: Copy): boolean {
  if (fromWords[fromFlag] === FLAG.sound) {
    to.set(from);
    toWords[toFlag] = FLAG.sound;
    return true;
  }
  if (toWords[toFlag] === FLAG.empty) return false;
  to.fill(0);
  toWords[toFlag] = FLAG.empty;
  return true;
}
