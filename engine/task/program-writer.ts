import { PROGRAM_RECORD_BYTES } from '../render/program.ts';
import { STEP, STEP_NUMBERS } from '../render/task-image.ts';
import type { Ledger } from './ledger.ts';
import type { TaskMemories } from './task-memories.ts';
import { WordList } from './word-list.ts';

/** A channel's buffer, and the word that says whether it is silent. */
export interface Channel {
  address: number;
  flag: number;
}

interface Program {
  memory: number;
  records: WordList;
}

let nextProgram = 1;

/** Collects the programs inside the memories and the steps between them. One use. [control] */
export class ProgramWriter {
  readonly #bufferBytes: number;
  readonly #programs = new Map<number, Program>();
  #program: Program | undefined;
  readonly #steps: number[][] = [];
  /** Of the plan, that what follows belongs to; it grows. */
  chunk = 0;

  /** bufferBytes: of every channel's buffer. */
  constructor(bufferBytes: number) {
    this.#bufferBytes = bufferBytes;
  }

  /** Appends a record to the program of a memory, in a new segment when another memory was at work before. */
  emit(memory: number, op: number, a = 0, b = 0, c = 0, toFlag = 0, fromFlag = 0, bytes = 0): void {
    let program = this.#program;
    if (program?.memory !== memory) {
      program = this.#programs.get(memory) ?? { memory, records: new WordList() };
      this.#programs.set(memory, program);
      this.#program = program;
    }
    const { records } = program;
    const index = records.length / (PROGRAM_RECORD_BYTES / 4);
    records.pushRecord(op, a, b, c, toFlag, fromFlag, bytes, this.chunk);
    const last = this.#steps[this.#steps.length - 1];
    if (last && last[0] === STEP.run && last[1] === memory) last[4] = index + 1;
    else this.#steps.push([STEP.run, memory, 0, index, index + 1, 0, 0, 0]);
  }

  /** A record that takes sound from one buffer to another. */
  sound(memory: number, op: number, to: Channel, from: Channel, record = 0): void {
    this.emit(memory, op, to.address, from.address, record, to.flag, from.flag, this.#bufferBytes);
  }

  /** A channel that goes from one memory to another. */
  across(fromMemory: number, from: Channel, toMemory: number, to: Channel): void {
    this.#steps.push([STEP.copy, fromMemory, from.address, toMemory, to.address, from.flag, to.flag, this.chunk]);
  }

  /** Writes the programs into their memories; returns the steps. */
  link(memories: TaskMemories, ledger: Ledger): Int32Array {
    for (const { memory, records } of this.#programs.values()) {
      const program = records.words();
      // A program never shares its place with the one before: that is still being run.
      const address = ledger.use(`program:${nextProgram++}`, memory, program.length * 4, (at) => {
        memories.list[memory]!.views.i32.set(program, at >>> 2);
      });
      for (const step of this.#steps) if (step[0] === STEP.run && step[1] === memory) step[2] = address;
    }
    const steps = new Int32Array(new SharedArrayBuffer(this.#steps.length * STEP_NUMBERS * 4));
    this.#steps.forEach((step, s) => {
      steps.set(step, s * STEP_NUMBERS);
    });
    return steps;
  }
}
