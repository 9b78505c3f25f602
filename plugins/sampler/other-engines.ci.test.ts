import { spawnSync } from 'node:child_process';
import { allocateAudio } from '@audiocloud/engine';
import t from 'tap';
import { distance } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

/*
 * The sampler against a resampler that others wrote, sox's `rate` at its best: what is read 1.5 times as fast is a sound of 1.5
 * times the rate heard at the rate. The formulas are proven in sampler.test.ts; this shows that position, speed and level are the
 * same as everyone else's, from the first frame on.
 */
const RATE = 48000;
const FRAMES = 24000;

const noSox = spawnSync('sox', ['--version']).status === 0 ? false : 'needs sox (apt-get install sox)';

/** Forty sines up to `highest` of the rate, faded in and out, as a filter rings where a sound breaks off. */
function chord(frames: number, highest: number): Float32Array {
  return Float32Array.from({ length: frames }, (_, n) => {
    const fade = Math.min(1, n / 2000, (frames - 1 - n) / 2000);
    let sum = 0;
    for (let i = 1; i <= 40; i++) sum += Math.sin(2 * Math.PI * highest * (i / 40) * n + i * i);
    return (0.02 * sum * (1 - Math.cos(Math.PI * fade))) / 2;
  });
}

function theirs(input: Float32Array, speed: number): Float32Array {
  const raw = (rate: number) => ['-t', 'f32', '-r', `${rate}`, '-c', '1', '-'];
  const { stdout, status, stderr } = spawnSync('sox', ['-D', ...raw(RATE * speed), ...raw(RATE), 'rate', '-v', '-s'], {
    input: new Uint8Array(input.buffer),
    maxBuffer: 1 << 24,
  });
  if (status !== 0) throw new Error(`sox: ${stderr}`);
  return new Float32Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.length));
}

async function ours(input: Float32Array, speed: number, frames: number): Promise<Float32Array> {
  const audio = allocateAudio(RATE, 1, input.length);
  audio.data[0]!.set(input);
  const octaves = Math.round(Math.log2(speed));
  const parameters = { tune: 1200 * (Math.log2(speed) - octaves) };
  const sampler = await probe('sampler', { media: [audio], parameters, widths: { out: 1 } });
  return sampler.render([], { frames, events: [{ frame: 0, midi: [0x90, 60 + 12 * octaves, 127] }] }).outputs[0]!;
}

t.test('the same as the resampler of sox, up and down', { skip: noSox }, async (t) => {
  for (const speed of [0.25, 0.75, 1.25, 1.5, 2, 3, 6]) {
    // both pass it unchanged: below 0.4 of the rate, and 0.3 of the one that it is heard at, 0.16 beyond speed 4
    const input = chord(FRAMES, Math.min(0.4, (speed > 4 ? 0.16 : 0.3) / speed));
    const reference = theirs(input, speed);
    const frames = Math.min(reference.length, Math.floor(FRAMES / speed));
    const found = (await ours(input, speed, frames)).subarray(0, frames);
    const worst = distance(found, reference.subarray(0, frames));
    t.ok(worst < 2e-4, `${speed}: ${worst}`); // forty images at -90 dB of 0.02 each, at their worst
    const late = distance(found.subarray(1), reference.subarray(0, frames - 1));
    t.ok(late > 0.01, `${speed}: a frame of delay is seen: ${late}`);
  }
});
