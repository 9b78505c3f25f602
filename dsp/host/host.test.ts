import { readFileSync } from 'node:fs';
import t from 'tap';
import { GUARD } from '../../engine/render/program.ts';
import { buildWasm } from '../../scripts/build-wasm.ts';

await buildWasm({ ifMissing: true });
const module = new WebAssembly.Module(readFileSync(new URL('../build/host.wasm', import.meta.url)));

type Kernel = (layout: number, frames: number) => number;
type Many = (list: number, count: number, frames: number) => void;
const MAX_FRAMES = 64;
const PROGRESS = 16;
const PROGRAM = 64;
const RECORD = 1024;
const LAYOUT = 2048;
const RING = 4096;
const A = 8192;
const B = 12288;
const FLAG_A = 16384;
const FLAG_B = 16388;
const BYTES = 4 * MAX_FRAMES;
const SOUND = 0;
const EMPTY = 1;
const QUIET = 2;
const seed = 20240601;

/** The runner over a memory of its own; `kernel` stands where a plugin's render twin would be linked. */
function start(kernel: Kernel = () => 1, many: Many = () => {}) {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 4, shared: true });
  const refuels: number[] = [];
  const { exports } = new WebAssembly.Instance(module, {
    env: { memory },
    plugin: { process: kernel, process_many: many, refuel: (units: number) => refuels.push(units) },
  });
  const host = exports as unknown as Record<string, WebAssembly.Global> & {
    run(
      program: number,
      from: number,
      to: number,
      frames: number,
      fuel: number,
      more: number,
      progress: number,
    ): number;
    resume(program: number, record: number, frames: number, fuel: number, progress: number): void;
    clear(address: number, bytes: number): void;
    pushParameter(record: number, frame: number, id: number, index: number, value: number): number;
    popEvent(record: number): void;
    replace(record: number, layout: number): void;
  };
  const words = new Uint32Array(memory.buffer);
  const floats = new Float32Array(memory.buffer);
  const view = new DataView(memory.buffer);
  const run = (ops: number[][], frames: number) => {
    words.fill(0, PROGRAM / 4, PROGRAM / 4 + 128);
    for (const [i, op] of ops.entries()) words.set(op, PROGRAM / 4 + 8 * i);
    return host.run(PROGRAM, 0, ops.length, frames, 1000, 10, PROGRESS);
  };
  const channel = (address: number, frames = MAX_FRAMES) => floats.subarray(address / 4, address / 4 + frames);
  return { host, memory, words, floats, view, refuels, run, channel };
}

/** mulberry32: uniform -1 to 1. */
function noise(from: number): () => number {
  let state = from >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2147483648 - 1;
  };
}

const blocks = (total: number, size: number) =>
  Array.from({ length: Math.ceil(total / size) }, (_, i) => [i * size, Math.min(size, total - i * size)] as const);

t.test('the module has no memory, no heap and no start of its own', async (t) => {
  t.same(
    WebAssembly.Module.imports(module)
      .map((i) => `${i.module}.${i.name}`)
      .sort(),
    ['env.memory', 'plugin.process', 'plugin.process_many', 'plugin.refuel'],
  );
  t.notOk(WebAssembly.Module.exports(module).some((e) => e.kind === 'memory' || e.name === '_start'));
  const { memory } = start();
  t.ok(
    new Uint8Array(memory.buffer).every((byte) => byte === 0),
    'instantiating writes nothing',
  );
});

t.test('copy, zero and mix at gain 1', async (t) => {
  const { run, channel } = start();
  const random = noise(seed);
  channel(A).forEach((_, i, a) => {
    a[i] = random();
  });
  const a = channel(A).slice();
  t.equal(run([[3, B, A, 0, FLAG_B, FLAG_A, BYTES]], 61), 1);
  t.same(channel(B, 61), a.slice(0, 61));
  run(
    [
      [2, B, 0, 0, FLAG_B, 0, BYTES],
      [0],
      [3, B, A, 0, FLAG_B, FLAG_A, BYTES],
      [4, B, A, RECORD, FLAG_B, FLAG_A, BYTES],
    ],
    64,
  );
  t.same(channel(B), a, 'a mix with gain 0 adds nothing');
  const { floats } = start();
  t.equal(floats[A / 4], 0);
});

for (const size of [1, 7, 32, 64]) {
  t.test(`gain ramps in mix and copy, blocks of ${size}`, async (t) => {
    const total = 320;
    const ramp = 100;
    const random = noise(seed + size);
    const input = Float32Array.from({ length: total }, random);
    const before = Float32Array.from({ length: total }, random);
    for (const [op, isMix] of [
      [4, true],
      [5, false],
    ] as const) {
      const { run, channel, floats, words } = start();
      const [current, target] = [0.25, 1];
      floats.set([current, target, Math.fround((target - current) / ramp)], RECORD / 4);
      words.set([ramp, ramp], RECORD / 4 + 3);
      const out = new Float32Array(total);
      for (const [at, frames] of blocks(total, size)) {
        channel(A, frames).set(input.subarray(at, at + frames));
        channel(B, frames).set(before.subarray(at, at + frames));
        run([[op, B, A, RECORD, FLAG_B, FLAG_A, BYTES]], frames);
        out.set(channel(B, frames), at);
        if (at + frames === 32 || (at < 32 && at + frames > 32)) {
          const reached = current + ((target - current) * Math.min(ramp, at + frames)) / ramp;
          t.ok(
            Math.abs(floats[RECORD / 4]! - reached) < 1e-6,
            'current is where the ramp is, so that a host can turn off',
          );
        }
      }
      const wanted = input.map((x, n) => {
        const gain = Math.min(target, current + ((target - current) * n) / ramp);
        return x * gain + (isMix ? before[n]! : 0);
      });
      const worst = Math.max(...out.map((x, n) => Math.abs(x - wanted[n]!)));
      t.ok(worst < 3e-7, `${isMix ? 'mix' : 'copy'}: worst ${worst}, seed ${seed + size}`); // 3 roundings of f32 near 1
      t.equal(words[RECORD / 4 + 3], 0);
      t.equal(floats[RECORD / 4], target);
    }
  });
}

t.test('a ramp after a wait is bit for bit the same however blocks are cut', async (t) => {
  const render = (size: number) => {
    const { run, channel, floats, words } = start();
    floats.set([0, 0.7, Math.fround(0.7 / 133)], RECORD / 4);
    words.set([40 + 133, 133], RECORD / 4 + 3);
    const out = new Float32Array(256);
    for (const [at, frames] of blocks(256, size)) {
      channel(A).fill(0.3);
      run([[5, B, A, RECORD, FLAG_B, FLAG_A, BYTES]], frames);
      out.set(channel(B, frames), at);
    }
    return out;
  };
  for (const size of [1, 7, 32]) t.same(render(size), render(64), `blocks of ${size}`);
});

for (const [op, isMix] of [
  [4, true],
  [5, false],
] as const)
  t.test(`a gain waits before it goes, in ${isMix ? 'mix' : 'copy'}`, async (t) => {
    const { run, channel, floats, words } = start();
    const [current, target, wait, ramp] = [0.75, 0.25, 100, 50];
    floats.set([current, target, (target - current) / ramp], RECORD / 4);
    words.set([wait + ramp, ramp], RECORD / 4 + 3);
    for (let at = 0; at < 256; at += 64) {
      channel(A).fill(1);
      channel(B).fill(0.5);
      run([[op, B, A, RECORD, FLAG_B, FLAG_A, BYTES]], 64);
      const worst = channel(B).reduce((most, x, i) => {
        const way = Math.min(1, Math.max(0, (at + i - wait) / ramp));
        return Math.max(most, Math.abs(x - (isMix ? 0.5 : 0) - current - way * (target - current)));
      }, 0);
      t.ok(worst < 1e-6, `from frame ${at}: ${worst}`);
    }
    t.same([floats[RECORD / 4], words[RECORD / 4 + 3]], [target, 0]);
  });

t.test('what waits at gain 0 leaves a buffer empty', async (t) => {
  const { run, channel, floats, words } = start();
  floats.set([0, 1, 1 / 50], RECORD / 4);
  words.set([200 + 50, 50], RECORD / 4 + 3);
  channel(A).fill(1);
  channel(B).fill(1);
  run([[5, B, A, RECORD, FLAG_B, FLAG_A, BYTES]], 64);
  t.equal(words[FLAG_B / 4], EMPTY);
  t.ok(channel(B).every((x) => x === 0));
  t.equal(words[RECORD / 4 + 3], 200 + 50 - 64, 'and its time goes on');
});

t.test('constant gain, in place', async (t) => {
  const { run, channel, floats } = start();
  channel(A).fill(0.5);
  floats.set([0.25, 0.25], RECORD / 4);
  run([[5, A, A, RECORD, FLAG_A, FLAG_A, BYTES]], 64);
  t.ok(channel(A).every((x) => x === 0.125));
  floats.set([0, 0], RECORD / 4);
  run([[5, A, A, RECORD, FLAG_A, FLAG_A, BYTES]], 64);
  t.ok(channel(A).every((x) => x === 0));
});

for (const delay of [0, 1, 2, 3, 4, 5, 63, 64, 200, 252]) {
  t.test(`delay by ${delay} frames, in place and not, any blocks`, async (t) => {
    const total = 700;
    const random = noise(seed + delay);
    const input = Float32Array.from({ length: total }, random);
    const wanted = input.map((_, n) => (n < delay ? 0 : input[n - delay]!));
    for (const size of [1, 7, 48, 64]) {
      for (const to of [A, B]) {
        const { run, channel, words } = start();
        words.set([RING, 256, 0, delay], RECORD / 4);
        const out = new Float32Array(total);
        for (const [at, frames] of blocks(total, size)) {
          channel(A, frames).set(input.subarray(at, at + frames));
          run([[6, to, A, RECORD, to === A ? FLAG_A : FLAG_B, FLAG_A, BYTES]], frames);
          out.set(channel(to, frames), at);
        }
        t.same(out, wanted, `blocks of ${size}${to === A ? ' in place' : ''}, seed ${seed + delay}`);
      }
    }
  });
}

t.test('meter: peak, sum of squares, frames; what is not finite is left out', async (t) => {
  const { run, channel, view } = start();
  const random = noise(seed);
  let peak = 0;
  let sum = 0;
  for (const frames of [64, 61, 1, 3]) {
    const a = channel(A);
    a.forEach((_, i) => {
      a[i] = i < frames ? random() : 99; // padding must not count
      if (i < frames) peak = Math.max(peak, Math.abs(a[i]!));
      if (i < frames) sum += a[i]! ** 2;
    });
    run([[7, 0, A, RECORD, 0, FLAG_A]], frames);
  }
  t.equal(view.getFloat32(RECORD + 8, true), peak);
  t.ok(Math.abs(view.getFloat64(RECORD, true) - sum) < 1e-12);
  t.equal(view.getUint32(RECORD + 12, true), 129);
  channel(A).fill(Number.NaN);
  run([[7, 0, A, RECORD, 0, FLAG_A]], 64);
  channel(A).fill(Number.POSITIVE_INFINITY);
  run([[7, 0, A, RECORD, 0, FLAG_A]], 64);
  t.equal(view.getFloat32(RECORD + 8, true), peak);
  t.ok(Math.abs(view.getFloat64(RECORD, true) - sum) < 1e-12);
});

/** A layout with 2 output channels at A and B, one input of flag FLAG_IN, and its record. */
function layout(words: Uint32Array) {
  words.set([0x314c4341, 96, 0, MAX_FRAMES, 0, 1, 0, LAYOUT + 96, 0, LAYOUT + 112], LAYOUT / 4);
  words.set([2, 0, 0, 0, A, B], LAYOUT / 4 + 24);
  words[LAYOUT / 4 + 30] = FLAG_IN;
  record(words, RECORD, LAYOUT, { outputs: 2, first: A, stride: B - A });
  words.set([1, 2, LAYOUT + 120, FLAG_A], RECORD / 4 + 5);
}
const FLAG_IN = 16392;

/** The record of an instance without inputs, with guards around its outputs. */
function record(
  words: Uint32Array,
  at: number,
  layout: number,
  { outputs = 1, first = 0, stride = 0 }: { outputs?: number; first?: number; stride?: number },
) {
  words.set([0, 0, 0, 1, 0, 0, outputs, 0, layout + 100, 0, 0, 0, layout, first, stride], at / 4);
  const guards = new BigUint64Array(words.buffer);
  for (let i = 0; i <= outputs; i++) guards.fill(GUARD.word, (first + i * stride - 16) / 8, (first + i * stride) / 8);
}

t.test('process: peak, scrubbed samples, fuel, progress', async (t) => {
  let write: (frames: number) => number = () => 1;
  const { run, channel, floats, words, refuels } = start((_, frames) => write(frames));
  layout(words);
  const fill = (a: number, b: number) => (frames: number) => {
    channel(A).fill(a);
    channel(B).fill(b);
    if (frames < MAX_FRAMES) channel(A)[frames] = Number.NaN; // padding must not count
    return 1;
  };
  write = fill(0.25, -0.5);
  run([[0], [1, 0, RECORD]], 61);
  t.equal(floats[RECORD / 4 + 2], 0.5, 'peak of both channels');
  t.equal(words[RECORD / 4 + 1], 0, 'nothing scrubbed');
  t.same(refuels, [1000]);
  t.equal(words[PROGRESS / 4], 1, 'the second record was the last');
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    write = (frames) => {
      fill(0.75, 0.5)(frames);
      channel(A)[frames - 1] = bad;
      return 1;
    };
    for (const frames of [64, 61]) {
      run([[1, 0, RECORD]], frames);
      t.equal(channel(A)[frames - 1], 0, `${bad} becomes 0`);
      t.equal(channel(A)[0], 0.75, 'the rest stays');
    }
  }
  t.equal(words[RECORD / 4 + 1], 6, 'one for each block');
  t.equal(floats[RECORD / 4 + 2], 0.75);
});

t.test('process: error mutes, muted is silent until the host takes it back', async (t) => {
  let calls = 0;
  let status = 1;
  const { run, channel, words } = start(() => {
    calls++;
    channel(A).fill(1);
    channel(B).fill(1);
    return status;
  });
  layout(words);
  run([[1, 0, RECORD]], 64);
  t.equal(channel(A)[0], 1);
  status = 0;
  run([[1, 0, RECORD]], 16);
  t.equal(words[RECORD / 4], 1, 'muted');
  t.ok([...channel(A), ...channel(B)].every((x) => x === 0));
  words[LAYOUT / 4 + 12] = 3;
  run([[1, 0, RECORD]], 64);
  t.equal(calls, 2, 'not called while muted');
  t.equal(words[LAYOUT / 4 + 12], 0, 'events of a muted block are gone');
  words[RECORD / 4] = 0;
  status = 1;
  run([[1, 0, RECORD]], 64);
  t.equal(calls, 3);
  t.equal(channel(B)[63], 1);
});

t.test('process: sleep lasts until an event or an input', async (t) => {
  let calls = 0;
  let status = 4;
  const { run, channel, words } = start(() => {
    calls++;
    channel(A).fill(1);
    return status;
  });
  layout(words);
  words[FLAG_IN / 4] = QUIET;
  run([[1, 0, RECORD]], 8);
  t.ok(channel(A).every((x) => x === 0));
  t.same([words[FLAG_A / 4], words[FLAG_B / 4]], [EMPTY, EMPTY]);
  t.equal(words[LAYOUT / 4 + 21], 1, 'the instance is told that its input is silent');
  run([[1, 0, RECORD]], 64);
  t.equal(calls, 1, 'asleep');
  words[LAYOUT / 4 + 12] = 1;
  run([[1, 0, RECORD]], 64);
  t.equal(calls, 2, 'woken by an event');
  words[LAYOUT / 4 + 12] = 0;
  words[FLAG_IN / 4] = SOUND;
  status = 1;
  run([[1, 0, RECORD]], 64);
  t.equal(calls, 3, 'woken by an input');
  t.equal(channel(A)[0], 1);
  t.same([words[FLAG_A / 4], words[FLAG_B / 4]], [SOUND, QUIET], 'an output of zeros is known to be silent');
});

t.test('silence is passed on as a flag: nothing is read, gains go on, delays keep what they hold', async (t) => {
  const { run, channel, floats, words } = start();
  channel(A).fill(Number.NaN); // must not be read
  channel(B).fill(7);
  words[FLAG_A / 4] = QUIET;
  floats.set([0, 1, 1 / 100], RECORD / 4);
  words[RECORD / 4 + 3] = 100;
  run([[5, B, A, RECORD, FLAG_B, FLAG_A, BYTES]], 60);
  t.ok(channel(B).every((x) => x === 0));
  t.equal(words[FLAG_B / 4], EMPTY);
  t.equal(words[RECORD / 4 + 3], 40, 'the ramp went on');
  channel(B).fill(7); // a buffer that is known to be empty is not written again
  run([[5, B, A, RECORD, FLAG_B, FLAG_A, BYTES]], 60);
  t.ok(channel(B).every((x) => x === 7));
  words[FLAG_B / 4] = SOUND;
  run([[4, B, A, RECORD, FLAG_B, FLAG_A, BYTES]], 60);
  t.ok(
    channel(B).every((x) => x === 7),
    'a mix of silence adds nothing',
  );
  t.equal(words[FLAG_B / 4], SOUND);

  // a delay of 100: sound that went in comes out, then the line sleeps
  words.set([RING, 256, 0, 100, 0], RECORD / 4);
  words[FLAG_A / 4] = SOUND;
  channel(A).fill(0.5);
  const delay = () => run([[6, B, A, RECORD, FLAG_B, FLAG_A, BYTES]], 50);
  delay();
  channel(A).fill(0);
  words[FLAG_A / 4] = EMPTY;
  const heard: number[] = [];
  for (let block = 0; block < 3; block++) {
    delay();
    heard.push(...channel(B, 50));
  }
  t.same(
    heard.map((x) => x === 0.5),
    Array.from({ length: 150 }, (_, n) => n >= 50 && n < 100),
  );
  t.equal(words[FLAG_B / 4], EMPTY);
});

t.test('a batch: all by one call, those asleep or muted left out, each guarded by itself', async (t) => {
  const lists: number[][] = [];
  const COUNT = 3;
  const at = (i: number) => ({ layout: 20480 + 512 * i, at: 20736 + 512 * i, out: 24592 + 272 * i });
  const { run, words, floats, refuels } = start(
    () => 1,
    (list, count) => {
      const layouts = [...words.subarray(list / 4, list / 4 + count)];
      lists.push(layouts);
      for (const address of layouts) {
        floats.fill(0.5, words[words[address / 4 + 9]! / 4]! / 4, words[words[address / 4 + 9]! / 4]! / 4 + 64);
        words[address / 4 + 13] = 1;
      }
    },
  );
  const BATCH = 28672;
  words.set([BATCH + 96, COUNT, 0, 0, BATCH + 160, 1], BATCH / 4);
  words[(BATCH + 160) / 4] = FLAG_IN;
  for (let i = 0; i < COUNT; i++) {
    const { layout: address, at: place, out } = at(i);
    words.set([0x314c4341, 96, 0, MAX_FRAMES, 0, 1, 0, 0, 0, address + 96], address / 4);
    words[address / 4 + 24] = out;
    record(words, place, address, { first: out, stride: 272 });
    words[(BATCH + 96) / 4 + i] = place;
  }
  run([[8, BATCH]], 64);
  t.same(lists.pop(), [at(0).layout, at(1).layout, at(2).layout]);
  t.same(refuels.pop(), 1000 + 2 * 10, 'fuel for one, and a little more for each further one');
  t.equal(floats[at(2).at / 4 + 2], 0.5, 'peak');
  words[at(1).at / 4] = 1;
  run([[8, BATCH]], 64);
  t.same(lists.pop(), [at(0).layout, at(2).layout]);
  t.equal(floats[at(1).out / 4], 0, 'muted');
  words[at(0).at / 4] = 1;
  run([[8, BATCH]], 64);
  t.equal(lists.length, 0, 'one that is left is called by itself');

  // asleep: not even looked at, until one of its inputs sounds or the host says so
  for (let i = 0; i < COUNT; i++) words[at(i).at / 4] = 1;
  words[FLAG_IN / 4] = EMPTY;
  run([[8, BATCH]], 64);
  t.equal(words[BATCH / 4 + 3], 1, 'idle');
  for (let i = 0; i < COUNT; i++) words[at(i).at / 4] = 0;
  run([[8, BATCH]], 64);
  t.equal(lists.length, 0);
  words[FLAG_IN / 4] = SOUND;
  run([[8, BATCH]], 64);
  t.equal(lists.length, 1, 'woken by an input');
});

t.test('a trap in a batch: each unfinished one by itself, and the one at fault has a name', async (t) => {
  const at = (i: number) => ({ layout: 20480 + 512 * i, at: 20736 + 512 * i });
  const alone: number[] = [];
  let isFaulty = true;
  const { host, run, words } = start(
    (address) => {
      alone.push(address);
      if (address === at(2).layout && isFaulty) throw new WebAssembly.RuntimeError('unreachable');
      return 1;
    },
    (list) => {
      words[words[list / 4]! / 4 + 13] = 3; // the first one is finished
      throw new WebAssembly.RuntimeError('unreachable');
    },
  );
  const BATCH = 28672;
  words.set([BATCH + 96, 4], BATCH / 4);
  for (let i = 0; i < 4; i++) {
    const { layout: address, at: place } = at(i);
    words.set([0x314c4341, 96, 0, MAX_FRAMES, 0, 1, 0, 0, 0, address + 96], address / 4);
    record(words, place, address, { first: 24592 + 272 * i, stride: 272 });
    words[(BATCH + 96) / 4 + i] = place;
  }
  t.throws(() => run([[8, BATCH]], 64));
  t.throws(() => host.resume(PROGRAM, 0, 64, 1000, PROGRESS));
  t.equal(words[PROGRESS / 4 + 1], 2);
  words[at(2).at / 4] = 1;
  isFaulty = false;
  host.resume(PROGRAM, 0, 64, 1000, PROGRESS);
  t.same(alone, [at(1).layout, at(2).layout, at(3).layout], 'the first was not called again, the faulty one only once');
  t.same(
    [0, 1, 2, 3].map((i) => words[at(i).at / 4 + 3]),
    [3, 1, 0xffffffff, 1],
    'statuses',
  );
  t.same(
    [0, 1, 2, 3].map((i) => words[at(i).at / 4]),
    [0, 0, 1, 0],
    'only the faulty one is muted',
  );
});

t.test('process: what is written beside an output mutes, is one fault, and reaches nobody', async (t) => {
  for (const [name, stray] of [
    ['behind the first', A + 4080],
    ['behind the last', B + 4080],
    ['before the first', A - 4],
  ] as const) {
    let writes = true;
    const { run, words, floats, channel } = start(() => {
      channel(A).fill(0.5);
      channel(B).fill(0.5);
      if (writes) floats[stray / 4] = 0.5;
      return 1;
    });
    layout(words);
    run([[1, 0, RECORD]], 64);
    t.same(
      [words[RECORD / 4], words[RECORD / 4 + 9], words[RECORD / 4 + 10]],
      [1, 11, 1],
      `${name}: muted, by a guard`,
    );
    t.ok([...channel(A), ...channel(B)].every((x) => x === 0));
    run([[1, 0, RECORD]], 64);
    t.equal(words[RECORD / 4 + 10], 1, 'counted once');
    writes = false;
    words[RECORD / 4] = 0;
    run([[1, 0, RECORD]], 64);
    t.same([words[RECORD / 4], channel(A)[0]], [0, 0.5], 'the guard is mended');
  }
});

t.test('process: a guard that was broken before a trap is seen when its instance is silenced', async (t) => {
  const { run, words, floats } = start(() => {
    floats.fill(1, (A + 4000) / 4, (A + 4096) / 4);
    throw new WebAssembly.RuntimeError('memory access out of bounds');
  });
  layout(words);
  t.throws(() => run([[1, 0, RECORD]], 64));
  words[RECORD / 4] = 1; // the host mutes what was in progress
  words[RECORD / 4 + 9] = 5;
  words[RECORD / 4 + 10] = 1;
  run([[1, 0, RECORD]], 64);
  t.same([words[RECORD / 4 + 9], words[RECORD / 4 + 10]], [11, 1], 'one fault');
});

t.test('process: a block of denormal samples is silence; one normal sample is not', async (t) => {
  let values = [1e-39, 0];
  const { run, words, channel } = start(() => {
    channel(A).fill(0);
    channel(A).set(values, 3);
    channel(B).fill(0.5);
    return 1;
  });
  layout(words);
  run([[1, 0, RECORD]], 64);
  t.same([words[FLAG_A / 4], words[FLAG_B / 4]], [QUIET, SOUND]);
  t.ok(channel(A).every((x) => x === 0));
  values = [1e-39, 1.2e-38];
  run([[1, 0, RECORD]], 64);
  t.equal(words[FLAG_A / 4], SOUND);
  t.not(channel(A)[3], 0, 'nothing is changed in a block that sounds');
});

t.test('another instance in the place of one: heard at once, with the same outputs', async (t) => {
  const called: number[] = [];
  const { host, run, words } = start((address) => {
    called.push(address);
    return called.length === 1 ? 0 : 1;
  });
  layout(words);
  run([[1, 0, RECORD]], 64);
  t.same([words[RECORD / 4], words[RECORD / 4 + 10]], [1, 1], 'muted by an error status, which is a fault');
  const fresh = LAYOUT + 512;
  words.copyWithin(fresh / 4, LAYOUT / 4, LAYOUT / 4 + 32);
  host.replace(RECORD, fresh);
  t.equal(words[RECORD / 4], 0);
  run([[1, 0, RECORD]], 64);
  t.same(called, [LAYOUT, fresh]);
});

t.test('events: into the list of whoever sits there, none for the muted, none too many', async (t) => {
  const { host, words, view } = start();
  layout(words);
  words.set([20480, 2], LAYOUT / 4 + 10);
  t.ok(host.pushParameter(RECORD, 7, 3, 1, 0.25));
  t.same(
    [words[LAYOUT / 4 + 12], words[20480 / 4], view.getUint32(20484, true), words[20488 / 4], words[20492 / 4]],
    [1, 7, 1 | (24 << 16), 3, 1],
  );
  t.equal(view.getFloat64(20496, true), 0.25);
  t.ok(host.pushParameter(RECORD, 8, 3, 1, 0.5));
  t.notOk(host.pushParameter(RECORD, 9, 3, 1, 0.5), 'full');
  host.popEvent(RECORD);
  t.equal(words[LAYOUT / 4 + 12], 1);
  words[RECORD / 4] = 1;
  t.ok(host.pushParameter(RECORD, 9, 3, 1, 0.5));
  t.equal(words[LAYOUT / 4 + 12], 1, 'muted: not taken');
});

t.test('a trap names the record in progress', async (t) => {
  const { run, words } = start(() => {
    throw new WebAssembly.RuntimeError('unreachable');
  });
  layout(words);
  t.throws(() => run([[0], [0], [1, 0, RECORD], [2, A]], 64));
  t.equal(words[PROGRESS / 4], 2);
});

t.test('clear', async (t) => {
  const { host, channel } = start();
  channel(A).fill(1);
  host.clear(A, 64);
  t.same([channel(A)[15], channel(A)[16]], [0, 1]);
});
