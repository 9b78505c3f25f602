import { GuardMemory } from '../../engine/guard/guard-memory.ts';
import { GuardRunner } from '../../engine/guard/guard-runner.ts';
import { type Bench, median, type Row, row, type Workload } from '../row.ts';
import { noise } from '../signals.ts';

/*
 * The output guard alone: a block of 128 frames of two channels, with the copy into its buffers. Quiet is what cannot be above the
 * ceiling between samples whatever lies beside it; loud is read between samples and stays as it is; over is held down.
 */
const CHANNELS = 2;
const BLOCK = 128;
const RATE = 48000;
const BLOCKS = 2000;
const LEVELS = { quiet: 0.3, loud: 0.5, over: 2 };
/** Of the time of a block, for each channel: 0.1 %. */
const GOAL_NS = 0.001 * (BLOCK / RATE) * 1e9;

function nanosecondsOf(level: number, runs: number): number {
  const memory = new GuardMemory();
  const guard = memory.make({ channels: CHANNELS, maxFrames: BLOCK, sampleRate: RATE, ceilingDb: -0.1 });
  const runner = new GuardRunner(memory.image, guard, BLOCK);
  const sound = noise(CHANNELS, 64 * BLOCK, level).data;
  const pieces = Array.from({ length: 64 }, (_, b) =>
    sound.map((channel) => channel.subarray(b * BLOCK, (b + 1) * BLOCK)),
  );
  const times = Array.from({ length: runs }, () => {
    const began = performance.now();
    for (let block = 0; block < BLOCKS; block++) {
      const piece = pieces[block % pieces.length]!;
      for (let c = 0; c < CHANNELS; c++) runner.channels[c]!.set(piece[c]!);
      runner.process(BLOCK, false);
    }
    return ((performance.now() - began) * 1e6) / (BLOCKS * CHANNELS);
  });
  const { limitedBlocks } = memory.counts(guard);
  if (level > 1 !== limitedBlocks > 0)
    throw new Error(`at a level of ${level} the guard held ${limitedBlocks} blocks down`);
  return median(times);
}

export const guard: Workload = {
  id: 'guard',
  name: 'Output guard',
  about: 'What the guard of a sink or of an output costs for one channel and block of 128 frames.',
  run: async (bench: Bench): Promise<Row[]> =>
    Object.entries(LEVELS).map(([name, level]) => {
      bench.say(`guard: ${name}`);
      const value = nanosecondsOf(level, bench.quick ? 3 : 40);
      return row({ id: `guard/${name}`, name: `a channel that is ${name}`, unit: 'ns', value, goal: GOAL_NS });
    }),
};
