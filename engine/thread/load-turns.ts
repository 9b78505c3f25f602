/*
 * Loads in turns of 32 blocks, in shared memory: one writer, one reader.
 *
 *    0  f64  turns since the start          8  f64  sum of the turn under way        16  f64  its blocks
 *   24  f64  its largest load              32  16 x (f64 mean, f64 largest) of the last turns: turn n at n mod 16
 */
const TURNS = 0;
const SUM = 1;
const BLOCKS = 2;
const LARGEST = 3;
const LAST = 4;
const KEPT = 16;

/** 85 ms at 128 frames and 48 kHz: long enough that a plugin that works in every few blocks shows its average. */
export const TURN_BLOCKS = 32;

/** Shares of the time that a block has. */
export interface Turn {
  mean: number;
  /** Of one block. */
  largest: number;
}

/** A view of the loads of one thread, one task, or one device. */
export class LoadTurns {
  /** A multiple of 8. */
  static readonly BYTES = (LAST + 2 * KEPT) * 8;
  private readonly numbers: Float64Array;
  private taken = 0;

  constructor(buffer: SharedArrayBuffer, at = 0) {
    this.numbers = new Float64Array(buffer, at, LAST + 2 * KEPT);
  }

  /** load: of one block. [render] */
  add(load: number): void {
    const { numbers } = this;
    numbers[SUM] = numbers[SUM]! + load;
    numbers[BLOCKS] = numbers[BLOCKS]! + 1;
    if (load > numbers[LARGEST]!) numbers[LARGEST] = load;
    if (numbers[BLOCKS]! < TURN_BLOCKS) return;
    const turn = numbers[TURNS]!;
    const at = LAST + 2 * (turn % KEPT);
    numbers[at] = numbers[SUM]! / TURN_BLOCKS;
    numbers[at + 1] = numbers[LARGEST]!;
    numbers[TURNS] = turn + 1;
    numbers[SUM] = 0;
    numbers[BLOCKS] = 0;
    numbers[LARGEST] = 0;
  }

  /** The turns that were completed since the last call of this view, the last 16 at most. [control] */
  take(): Turn[] {
    const turns = this.numbers[TURNS]!;
    const found: Turn[] = [];
    for (let turn = Math.max(this.taken, turns - KEPT); turn < turns; turn++) {
      const at = LAST + 2 * (turn % KEPT);
      found.push({ mean: this.numbers[at]!, largest: this.numbers[at + 1]! });
    }
    this.taken = turns;
    return found;
  }
}
