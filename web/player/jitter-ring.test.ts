import t from 'tap';
import { JitterRing } from './jitter-ring.ts';

const RATE = 48000;
const QUANTUM = 128;

/** Stereo frames: left counts up from `from`, right is its negative. */
function counting(from: number, frames: number): Float32Array {
  return Float32Array.from({ length: 2 * frames }, (_, i) => (from + (i >> 1)) * (i % 2 ? -1 : 1));
}

function pull(ring: JitterRing): { left: Float32Array; right: Float32Array } {
  const left = new Float32Array(QUANTUM);
  const right = new Float32Array(QUANTUM);
  ring.pull([left, right]);
  return { left, right };
}

t.test('ring is silent until the target is there, then plays every frame in order', (t) => {
  const ring = new JitterRing(2, 1000, RATE);
  ring.push(counting(0, 999));
  t.ok(pull(ring).left.every((x) => x === 0));
  let from = 999;
  let expected = 0;
  for (let i = 0; i < 5000; i++) {
    const frames = (i * 37) % 257; // packets of any size, 128 frames on average
    ring.push(counting(from, frames));
    from += frames;
    const { left, right } = pull(ring);
    if (i < 3) {
      expected = left[QUANTUM - 1]! + 1; // the fade in
      continue;
    }
    if (left[0] !== expected || left[QUANTUM - 1] !== expected + QUANTUM - 1 || right[5] !== -left[5]!)
      return t.fail(`quantum ${i} begins with ${left[0]}, wanted ${expected}`);
    expected += QUANTUM;
  }
  t.match(ring.facts(), { underruns: 0, skippedFrames: 0 });
  t.end();
});

t.test('a dry ring fades out, counts it and holds more from then on', (t) => {
  const ring = new JitterRing(2, 256, RATE);
  ring.push(new Float32Array(2 * 512).fill(0.5));
  for (let i = 0; i < 4; i++) pull(ring);
  const { left } = pull(ring);
  const steps = Array.from(left, (x, i) => Math.abs(x - (i ? left[i - 1]! : 0.5)));
  t.ok(Math.max(...steps) <= 0.5 / 128 + 1e-6, 'no step larger than the fade has');
  t.ok(pull(ring).left.every((x) => x === 0));
  t.match(ring.facts(), { underruns: 1, targetFrames: 384 });
  ring.push(new Float32Array(2 * 300).fill(0.5));
  t.ok(
    pull(ring).left.every((x) => x === 0),
    'waits for the new target',
  );
  ring.push(new Float32Array(2 * 300).fill(0.5));
  t.equal(pull(ring).left.at(-1)! > 0.49, true);
  t.end();
});

t.test('what piles up is skipped without a step, and the delay is back at the target', (t) => {
  const ring = new JitterRing(2, 1000, RATE);
  ring.push(new Float32Array(2 * 1000).fill(0.25));
  pull(ring);
  ring.push(new Float32Array(2 * 20000).fill(0.25));
  let largestStep = 0;
  let before = 0.25;
  for (let i = 0; i < 4; i++) {
    for (const x of pull(ring).left) {
      largestStep = Math.max(largestStep, Math.abs(x - before));
      before = x;
    }
  }
  t.ok(largestStep < 0.01, `largest step ${largestStep}`);
  const { fillFrames, skippedFrames } = ring.facts();
  t.ok(skippedFrames > 18000);
  t.ok(fillFrames <= 1000);
  t.end();
});

t.test('target never passes one second', (t) => {
  const ring = new JitterRing(1, 24000, RATE);
  for (let i = 0; i < 10; i++) {
    ring.push(new Float32Array(ring.facts().targetFrames));
    for (let j = 0; j < 400; j++) ring.pull([new Float32Array(QUANTUM)]);
  }
  t.equal(ring.facts().targetFrames, RATE);
  t.equal(ring.facts().underruns, 10);
  t.end();
});
