import type { Instance } from '@audiocloud/api';
import { gcc, type KernelRun, renderKernel, timeKernel } from '../peers/gcc.ts';
import { OwnKernel } from '../peers/own-kernel.ts';
import { type Bench, median, type Row, row, type Workload } from '../row.ts';
import { NULL_DB, nullDb } from '../same-work.ts';
import { noise } from '../signals.ts';

/*
 * The algorithms of stock models beside the same in plain C (bench/peers/kernels), which gcc -O2 compiles: what AssemblyScript
 * and fuel cost, and what lanes win. On both sides the calls for blocks of 128 frames alone are timed, one instance after the other
 * in C. The C is without what makes a model of an algorithm: no parameters that move, no reports, no sleep.
 */
interface Form {
  id: string;
  name: string;
  channels: number;
  instances: number;
}

const MONO: Form = { id: 'mono', name: 'one, mono', channels: 1, instances: 1 };
const STEREO: Form = { id: 'stereo', name: 'one, stereo', channels: 2, instances: 1 };
const LANES: Form = { id: 'lanes', name: 'four, mono, in lanes', channels: 1, instances: 4 };

interface Kernel {
  /** Of the file in bench/peers/kernels, and of the stock model. */
  name: string;
  /** The C has the same values. */
  parameters: Instance['parameters'];
  forms: Form[];
}

/** Every kernel; to add one is one entry and its file. */
const KERNELS: Kernel[] = [
  {
    name: 'equalizer',
    parameters: {
      type: ['low-cut', 'low-shelf', 'bell', 'high-shelf'],
      frequency: [80, 200, 1000, 8000],
      gain: [0, 3, -3, 3],
      slope: [12],
    },
    forms: [MONO, STEREO, LANES],
  },
  {
    name: 'compressor',
    parameters: { threshold: -30, ratio: 4, attack: 10, release: 100, knee: 0, detector: 'peak', link: true },
    forms: [MONO, STEREO, LANES],
  },
  {
    name: 'saturation',
    parameters: { shape: 'soft', drive: 18, mix: 100, oversampling: 4 },
    forms: [MONO, STEREO, LANES],
  },
  // its 16 lines are its lanes
  { name: 'reverb', parameters: { decay: 2, mix: 30 }, forms: [STEREO] },
];

/** Our time by that of the C. */
const GOAL = 1.25;
const PEAK = 0.7;
const ROUNDS = 21;
/** A turn of each side; the sound of a pass stays in the cache. */
const TURN_SECONDS = 0.1;
const PASS_FRAMES = 4096;
const PROOF_FRAMES = 16384;
const PROOF_FROM = 4096;

function run({ name }: Kernel, { channels, instances }: Form, frames: number): KernelRun {
  return { name, channels, instances, input: noise(channels * instances, frames, PEAK).data };
}

const own = (kernel: Kernel, peer: KernelRun) =>
  new OwnKernel(`audiocloud:${kernel.name}`, { ...peer, parameters: kernel.parameters });

/** Proves that the C does the same, frame by frame. Throws, naming the difference; returns what is left, in dB. */
async function prove(kernel: Kernel, form: Form): Promise<number> {
  const peer = run(kernel, form, PROOF_FRAMES);
  const { channels } = await renderKernel(peer);
  const { dB, shiftFrames } = nullDb(own(kernel, peer).render(), channels, PROOF_FROM, 2 * PROOF_FROM);
  if (!(dB <= NULL_DB) || shiftFrames)
    throw new Error(
      `kernels: ${kernel.name}.c gives, for ${form.name}, a null of ${dB.toFixed(1)} dB at a shift of ${shiftFrames} frames, wanted ${NULL_DB} at 0: it does not do the same work`,
    );
  return dB;
}

async function measure(kernel: Kernel, form: Form, bench: Bench): Promise<Row> {
  bench.say(`kernels: ${kernel.name}, ${form.name}: does the C do the same work?`);
  const left = await prove(kernel, form);
  const peer = run(kernel, form, PASS_FRAMES);
  const ours = own(kernel, peer);
  const turn = bench.quick ? TURN_SECONDS / 10 : TURN_SECONDS;
  ours.time(Math.ceil(turn / ours.time(1))); // warm: code that is run often is compiled again
  const passes = Math.ceil(turn / (ours.time(8) / 8));
  const perFrame = 1e9 / (passes * PASS_FRAMES * form.instances);
  const [own_, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < (bench.quick ? 1 : ROUNDS); round++) {
    bench.say(`kernels: ${kernel.name}, ${form.name}, round ${round + 1}`);
    own_.push(ours.time(passes) * perFrame);
    theirs.push((await timeKernel(peer, passes)) * perFrame);
  }
  const ratios = own_.map((ns, i) => ns / theirs[i]!);
  const ratio = median(ratios);
  return row({
    id: `kernels/${kernel.name}/${form.id}`,
    name: `${kernel.name}, ${form.name}: our time by that of the same C`,
    unit: 'ratio',
    value: ratio,
    goal: GOAL,
    ratio,
    pairs: { [gcc.name]: ratios },
    check: left === -Infinity ? 'the same bits' : `null ${left.toFixed(0)} dB`,
    note: `a frame of one: ${median(own_).toFixed(1)} ns, C ${median(theirs).toFixed(1)} ns`,
  });
}

async function runAll(bench: Bench): Promise<Row[]> {
  const rows: Row[] = [];
  if (bench.versions[gcc.name] === null) return rows;
  for (const kernel of KERNELS)
    for (const form of kernel.forms) {
      try {
        rows.push(await measure(kernel, form, bench));
      } catch (error) {
        bench.fail((error as Error).message); // no row without the proof
      }
    }
  return rows;
}

export const kernels: Workload = {
  id: 'kernels',
  name: 'kernels beside the same C',
  about:
    'Calls of stock models, fuel included, beside the same algorithms in C by gcc -O2, in blocks of 128 frames: one instance, and four in lanes beside four one after the other.',
  run: runAll,
};
