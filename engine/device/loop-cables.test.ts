import t from 'tap';
import { LoopCables } from './loop-cables.ts';
import { paced } from './paced.ts';

const BLOCK = 32;
const planes = (count: number) => Array.from({ length: count }, () => new Float32Array(BLOCK));

/** What comes back on each input while frame n is played as n + 1 on the first output, and as -(n + 1) on the second. */
function heard(cables: LoopCables, inputs: number, blocks: number): number[][] {
  const input = planes(inputs);
  const mix = planes(2);
  const all: number[][] = input.map(() => []);
  for (let block = 0; block < blocks; block++) {
    for (let i = 0; i < BLOCK; i++) mix[0]![i] = block * BLOCK + i + 1;
    for (let i = 0; i < BLOCK; i++) mix[1]![i] = -mix[0]![i]!;
    cables.hear(input);
    cables.play(mix);
    for (const [c, channel] of input.entries()) all[c]!.push(...channel);
  }
  return all;
}

t.test('what is played is back after exactly so many frames, at its level', async (t) => {
  for (const frames of [BLOCK, BLOCK + 1, 50, 333]) {
    const [plain, turned, none] = heard(
      new LoopCables(
        [
          { output: 0, input: 0, frames },
          { output: 1, input: 1, frames, gainDb: 20 * Math.log10(0.5), isReversed: true },
        ],
        BLOCK,
      ),
      3,
      20,
    );
    const wanted = Array.from({ length: 20 * BLOCK }, (_, n) => Math.max(0, n - frames + 1));
    t.same(plain, wanted, `${frames} frames`);
    t.same(
      turned,
      wanted.map((x) => x / 2),
      'half of it, turned over',
    );
    t.ok(none!.every((x) => x === 0));
  }
});

t.test('cables to one input are added', async (t) => {
  const [sum] = heard(
    new LoopCables(
      [
        { output: 0, input: 0, frames: 40 },
        { output: 1, input: 0, frames: 41 },
      ],
      BLOCK,
    ),
    1,
    4,
  );
  t.same(sum!.slice(40, 44), [1, 1, 1, 1], 'each frame less the one before');
});

t.test('a cable that cannot be is refused by name', async (t) => {
  const find = (cable: { output: number; input: number; frames: number }) =>
    paced.find({ sampleRate: 48000, blockFrames: 128, rack: { kind: 'paced', outputs: 4, inputs: 2, loop: [cable] } });
  t.match(await find({ output: 3, input: 1, frames: 128 }), { outputChannels: 4, inputChannels: 2 });
  await t.rejects(find({ output: 4, input: 1, frames: 128 }), {
    code: 'DEVICE_FAILED',
    message: /output 4 .*4 outputs/,
  });
  await t.rejects(find({ output: 3, input: 2, frames: 128 }), { code: 'DEVICE_FAILED', message: /input 2 .*2 inputs/ });
  await t.rejects(find({ output: 3, input: 1, frames: 127 }), {
    code: 'DEVICE_FAILED',
    message: /128 .*, not after 127/,
  });
});
