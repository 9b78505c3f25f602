import type { MemoryRunner } from './memory-runner.ts';
import { COMMAND, type TaskShared, WORD } from './task-shared.ts';
import type { Timeline } from './timeline.ts';

/** What commands do beyond events and gains, between parts of a block. [render] */
export interface Commanded {
  /** Something has come that a block may answer. */
  stir(): void;
  /** Play from the start of this block, everything as new. */
  begin(position: number, playId: number): void;
  seek(position: number, isPlaying: boolean): void;
  /** Another layout comes into the place of an instance. */
  restart(memory: number, record: number, layout: number): void;
}

/** Takes the commands that control gives the renderer of a task. [render] */
export class CommandTaker {
  /** This block is the last before a stop, which stays among the commands until `stop`. */
  isEnding = false;
  /** Of the image in use. */
  generation = 0;
  private readonly shared: TaskShared;
  private readonly words: Int32Array;
  private readonly timeline: Timeline;
  private readonly runners: readonly MemoryRunner[];
  private readonly task: Commanded;

  constructor(shared: TaskShared, timeline: Timeline, runners: readonly MemoryRunner[], task: Commanded) {
    this.shared = shared;
    this.words = shared.words;
    this.timeline = timeline;
    this.runners = runners;
    this.task = task;
  }

  /**
   * Takes the commands that fall into the next `frames` frames, which begin at frame `at` of the block.
   * Returns how many frames can be rendered with what was taken.
   */
  take(at: number, frames: number): number {
    const { shared, words } = this;
    const { numbers } = shared;
    const first = words[WORD.taken]!;
    let part = frames;
    let next = first;
    for (let word = shared.at(next); word >= 0; word = shared.at(next)) {
      const kind = words[word];
      const isPlaying = words[WORD.playing] === 1;
      const streamFrame = shared.streamFrame;
      const wanted = numbers[(word - 6) >> 1]!;
      if (isPlaying && wanted >= streamFrame + frames) break;
      // It names what only an image still on its way knows.
      if (isOfImage(kind!) && numbers[(word - 2) >> 1]! > this.generation) break;
      const frame = isPlaying && wanted > streamFrame ? wanted - streamFrame : 0;
      if (isPlaying && (kind === COMMAND.parameter || kind === COMMAND.midi)) {
        if (!this.pushEvent(word, frame)) {
          // The list is full: what comes before this frame first. At the first frame of all, a frame is rendered.
          if (frame > 0) next = this.giveBack(first, next, streamFrame + frame);
          part = Math.max(1, frame);
          break;
        }
      } else if (kind === COMMAND.gain) {
        this.setGain(word, isPlaying, frame);
      } else if (at > 0) {
        break; // all else begins with a block
      } else if (isPlaying && kind === COMMAND.stop) {
        this.isEnding = true;
        break;
      } else {
        this.obey(word, isPlaying);
      }
      shared.note(next, streamFrame + frame);
      shared.notePosition(next);
      if (frame > 0) shared.movePosition(next, this.timeline.advance(shared.positionFrame, frame));
      next++;
    }
    if (next !== first) this.task.stir();
    shared.take(next);
    return part;
  }

  /** The last block before a stop is rendered: only now the stop is taken, so that who waits for it finds the task stopped. */
  stop(): void {
    const { shared, words } = this;
    Atomics.store(words, WORD.playing, 0);
    const stop = words[WORD.taken]!;
    shared.note(stop, shared.streamFrame);
    shared.take(stop + 1);
  }

  /** A gain goes to its value, from a frame of the part on; at once when nothing plays. */
  private setGain(word: number, isPlaying: boolean, frame: number): void {
    const { words, runners, shared } = this;
    const runner = runners[words[word + 1]!]!;
    runner.fadeGain(words[word + 2]!, shared.numbers[(word - 4) >> 1]!, frame);
    if (!isPlaying) runner.settleGain(words[word + 2]!);
  }

  private pushEvent(word: number, frame: number): boolean {
    const { words, runners, shared } = this;
    const runner = runners[words[word + 1]!]!;
    const record = words[word + 2]!;
    if (words[word] === COMMAND.midi) return runner.pushMidi(record, frame, words[word + 3]!, words[word + 4]!);
    return runner.pushParameter(record, frame, words[word + 3]!, words[word + 4]!, shared.numbers[(word - 4) >> 1]!);
  }

  /** Takes the events of one stream frame out of their lists again: commands from `first` to before `next`. Returns which is next. */
  private giveBack(first: number, next: number, streamFrame: number): number {
    const { shared, words, runners } = this;
    let at = next;
    for (; at > first; at--) {
      const word = shared.at(at - 1);
      const isEvent = words[word] === COMMAND.parameter || words[word] === COMMAND.midi;
      if (!isEvent || shared.numbers[(word - 6) >> 1] !== streamFrame) break;
      runners[words[word + 1]!]!.popEvent(words[word + 2]!);
    }
    return at;
  }

  /** Carries out a command that is no event of a playing task. */
  private obey(word: number, isPlaying: boolean): void {
    const { shared, words, runners, task } = this;
    const value = shared.numbers[(word - 4) >> 1]!;
    switch (words[word]) {
      case COMMAND.parameter: {
        const runner = runners[words[word + 1]!]!;
        runner.pushParameter(words[word + 2]!, 0, words[word + 3]!, words[word + 4]!, value);
        runner.takeEvents(words[word + 2]!);
        return;
      }
      case COMMAND.play:
        task.begin(value, words[word + 1]!);
        return;
      case COMMAND.seek:
        task.seek(value, isPlaying);
        return;
      case COMMAND.loop:
        shared.setLoop(value, shared.numbers[(word - 2) >> 1]!);
        return;
      case COMMAND.restart:
        task.restart(words[word + 1]!, words[word + 2]!, words[word + 3]!);
    }
  }
}

/** Whether a command names what only the image that it was given for knows. */
function isOfImage(kind: number): boolean {
  return kind === COMMAND.parameter || kind === COMMAND.gain || kind === COMMAND.midi;
}
