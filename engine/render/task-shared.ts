/*
 * What control and render sides of one task share: state, and a ring of commands (one writer, one reader).
 *
 *   0  i32 playing    4  i32 play id    8  i32 generation of the image in use   12  i32 commands taken   16  i32 commands given
 *  20  i32 blocks    24  i32 missed blocks
 *  32  f64 stream frame   40  f64 position (timeline) frame   48  f64 loop start   56  f64 loop end, 0 = none
 *  68  i32 first frame of the part of the block in progress   72  i32 its frames   76  i32 frames of the block
 *  80  i32 activity   84  i32 frames of silence that the renderer owes   88  i32 1: a thread that helps has muted an instance
 *  92  i32 reading: odd while clips are read from pages (engine/disk)   96  i32 blocks with a gap because the disk was late
 * 100  i32 blocks with a gap soon after a jump   104  f64 stream frame of the last jump
 * 128  i32 x 16, by seat: step in progress + 1, 0 none, -1 waiting for other threads
 * 192  commands: 2,048 x 56 bytes { f64 frame, f64 value, f64 value2, i32 kind, i32 a, b, c, d, e, f64 position }
 *
 * A command with frame -1 is taken as soon as possible; the reader then writes into `frame` where it took effect, and
 * into `position` where on the timeline that is.
 */
const COMMANDS = 2048;
const COMMAND_BYTES = 56;
const COMMANDS_AT = 192;

export const COMMAND = {
  /** a memory, b record of the instance, c parameter, d index, value; value2: generation that knows them */
  parameter: 1,
  /** value: position in frames, a: play id */
  play: 2,
  stop: 3,
  /** value: position in frames */
  seek: 4,
  /** value: start frame, value2: end frame, 0 = no loop */
  loop: 5,
  /** a memory, b record of the instance, c layout of the fresh one that takes its place; at the beginning of a block */
  restart: 6,
  /** a memory, b gain record, value; value2: generation that knows them */
  gain: 7,
  /** a memory, b record of the instance, c number of its midi input, d bytes of the message; value2: generation that knows it */
  midi: 8,
} as const;

export const WORD = {
  playing: 0,
  playId: 1,
  generation: 2,
  taken: 3,
  given: 4,
  blocks: 5,
  missedBlocks: 6,
  // where the renderer is, so that another one can go on when its thread was ended inside a block
  partAt: 17,
  part: 18,
  blockFrames: 19,
  /** Raised when an instance may have worked, failed or been set: while it stays, all that control knows of them holds. */
  activity: 20,
  /** Frames that were passed over and are not in the streams yet: see TaskRenderer.rest. Whoever renders next writes them. */
  owed: 21,
  failed: 22,
  /** Odd while the renderer reads pages; another number each time. */
  reading: 23,
  /** Blocks in which sound on the disk was not there in time, since the task was loaded. */
  diskUnderruns: 24,
  /** As diskUnderruns, soon after play or a seek. */
  seekWaits: 25,
  /** of seat 0; those of the threads that help follow */
  step: 32,
} as const;
const NUMBER = { streamFrame: 4, positionFrame: 5, loopStart: 6, loopEnd: 7, jumpFrame: 13 } as const;

export interface Command {
  kind: number;
  /** Stream frame at which to take it; -1 as soon as possible. Not below that of the command before. */
  frame?: number;
  value?: number;
  value2?: number;
  a?: number;
  b?: number;
  c?: number;
  d?: number;
  e?: number;
}

/** Threads that may work at one task at once. */
export const SEATS_MAXIMUM = 16;

/** A view of the shared block of one task. */
export class TaskShared {
  readonly words: Int32Array;
  readonly numbers: Float64Array;

  readonly buffer: SharedArrayBuffer;

  constructor(buffer = new SharedArrayBuffer(COMMANDS_AT + COMMANDS * COMMAND_BYTES)) {
    this.buffer = buffer;
    this.words = new Int32Array(buffer);
    this.numbers = new Float64Array(buffer);
  }

  get playing(): boolean {
    return Atomics.load(this.words, WORD.playing) === 1;
  }
  get streamFrame(): number {
    return this.numbers[NUMBER.streamFrame]!;
  }
  set streamFrame(frame: number) {
    this.numbers[NUMBER.streamFrame] = frame;
  }
  get positionFrame(): number {
    return this.numbers[NUMBER.positionFrame]!;
  }
  set positionFrame(frame: number) {
    this.numbers[NUMBER.positionFrame] = frame;
  }
  /** Of the stream: when play began, or the last seek. */
  get jumpFrame(): number {
    return this.numbers[NUMBER.jumpFrame]!;
  }
  set jumpFrame(frame: number) {
    this.numbers[NUMBER.jumpFrame] = frame;
  }
  get loopStart(): number {
    return this.numbers[NUMBER.loopStart]!;
  }
  get loopEnd(): number {
    return this.numbers[NUMBER.loopEnd]!;
  }
  setLoop(start: number, end: number): void {
    this.numbers[NUMBER.loopStart] = start;
    this.numbers[NUMBER.loopEnd] = end;
  }

  /** See WORD.activity. [any] */
  get activity(): number {
    return Atomics.load(this.words, WORD.activity);
  }

  /** Commands that can be queued now. [control] */
  get room(): number {
    return COMMANDS - (this.words[WORD.given]! - Atomics.load(this.words, WORD.taken));
  }

  /** Queues a command. [control] Returns its number, or -1 when the ring is full. */
  give({ kind, frame = -1, value = 0, value2 = 0, a = 0, b = 0, c = 0, d = 0, e = 0 }: Command): number {
    const number = this.words[WORD.given]!;
    if (this.room <= 0) return -1;
    const at = COMMANDS_AT + (number % COMMANDS) * COMMAND_BYTES;
    this.numbers[at / 8] = frame;
    this.numbers[at / 8 + 1] = value;
    this.numbers[at / 8 + 2] = value2;
    const word = at / 4 + 6;
    this.words[word] = kind;
    this.words[word + 1] = a;
    this.words[word + 2] = b;
    this.words[word + 3] = c;
    this.words[word + 4] = d;
    this.words[word + 5] = e;
    Atomics.store(this.words, WORD.given, number + 1);
    return number;
  }

  /** Commands queued so far. [control] */
  get given(): number {
    return this.words[WORD.given]!;
  }

  /** Whether there is a command that was not taken. [render] */
  get isGiven(): boolean {
    return Atomics.load(this.words, WORD.given) !== this.words[WORD.taken];
  }

  /** Index of the word `kind` of a command, -1 when it was not given yet; a to e follow, the numbers stand before. [render] */
  at(number: number): number {
    if (number === Atomics.load(this.words, WORD.given)) return -1;
    return (COMMANDS_AT + (number % COMMANDS) * COMMAND_BYTES) / 4 + 6;
  }

  /** Notes that a command applies at stream frame `frame`. [render] */
  note(number: number, frame: number): void {
    this.numbers[(COMMANDS_AT + (number % COMMANDS) * COMMAND_BYTES) / 8] = frame;
  }

  /** Notes that a command, which is now the next, applies where the timeline is. [render] */
  notePosition(number: number): void {
    this.numbers[(COMMANDS_AT + (number % COMMANDS) * COMMAND_BYTES) / 8 + 6] = this.numbers[NUMBER.positionFrame]!;
  }

  /** Moves what notePosition noted. [render] */
  movePosition(number: number, position: number): void {
    this.numbers[(COMMANDS_AT + (number % COMMANDS) * COMMAND_BYTES) / 8 + 6] = position;
  }

  /** Where on the timeline a command applied that was taken not long ago. [control] */
  positionOf(number: number): number {
    return this.numbers[(COMMANDS_AT + (number % COMMANDS) * COMMAND_BYTES) / 8 + 6]!;
  }

  /** Takes the commands before `number`, and wakes who waits for them. [render] */
  take(number: number): void {
    if (number === this.words[WORD.taken]) return;
    Atomics.store(this.words, WORD.taken, number);
    Atomics.notify(this.words, WORD.taken);
  }

  /** Waits until command `number` was taken, and returns the stream frame at which it applies. [control] */
  async taken(number: number): Promise<number> {
    for (;;) {
      const taken = Atomics.load(this.words, WORD.taken);
      if (taken > number) return this.numbers[(COMMANDS_AT + (number % COMMANDS) * COMMAND_BYTES) / 8]!;
      const wait = Atomics.waitAsync(this.words, WORD.taken, taken);
      if (wait.async) await wait.value;
    }
  }
}
