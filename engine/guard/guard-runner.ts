import { GUARD_RECORD, guardChannel } from './guard-layout.ts';

/** Guards as threads get them. */
export interface GuardImage {
  /** No two memories have the same. */
  id: number;
  memory: WebAssembly.Memory;
  module: WebAssembly.Module;
}

export interface GuardExports {
  process(guard: number, frames: number, isBroken: number): void;
  reset(guard: number): void;
  firstFree(): number;
  pastFrames: WebAssembly.Global;
}

/** The instance of this thread: all guards of a process are in one memory. */
let own: { id: number; exports: GuardExports } | undefined;

/** One guard on the thread that runs it. [render] */
export class GuardRunner {
  /** What is guarded: to be filled before `process`, heard after it. */
  readonly channels: Float32Array[];
  private readonly address: number;
  private readonly words: Uint32Array;
  private readonly exports: GuardExports;

  /** maxFrames: as it was made for. [render, between blocks] */
  constructor({ id, memory, module }: GuardImage, address: number, maxFrames: number) {
    if (own?.id !== id)
      own = { id, exports: new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as GuardExports };
    this.exports = own.exports;
    this.address = address;
    this.words = new Uint32Array(memory.buffer, address, GUARD_RECORD.bytes / 4);
    const frames = (maxFrames + 3) & ~3;
    const channels = this.words[GUARD_RECORD.channels / 4]!;
    this.channels = Array.from(
      { length: channels },
      (_, c) => new Float32Array(memory.buffer, guardChannel(address, c, channels, frames), frames),
    );
  }

  /** Guards the first frames of the channels, in place. isBroken: an instance failed or begins again here. [render] */
  process(frames: number, isBroken: boolean): void {
    this.exports.process(this.address, frames, Number(isBroken));
  }

  /** As if it had heard nothing yet; counters stay. [render] */
  reset(): void {
    this.exports.reset(this.address);
  }

  /** Whether silence would change it: what it heard is not over. [render] */
  get isBusy(): boolean {
    return this.words[GUARD_RECORD.isBusy / 4] !== 0;
  }
}
