import { type Branch, branchesOf, widthOf } from '../plan/branches.ts';
import { BRANCHES_MAXIMUM, type BranchPlan } from '../render/branch-plan.ts';
import { STEP, STEP_NUMBERS, type TaskImage } from '../render/task-image.ts';
import { Team } from '../render/team.ts';
import { placeAt, touchPlaces } from './touched-places.ts';

/** What an instance costs beside a record that mixes a channel: about 1 us to 50 ns; in a batch, less. */
const INSTANCE_COST = 1;
const BATCHED_COST = 0.4;
const RECORD_COST = 0.05;
/** So many records that only mix are done in a row at most: about a microsecond; and so many at least. */
const MIX_RECORDS = 32;
const LEAST_RECORDS = 8;
/** Branches for each thread: enough that none waits long for the last one. */
const BRANCHES_PER_THREAD = 8;

export interface BranchOptions {
  /** All words of each memory of the image. */
  memories: readonly Uint32Array[];
  /** Whether the instances in a memory may be rendered on several threads at once; where not, they take turns in their order. */
  isShareable: (memory: number) => boolean;
  threads: number;
}

/**
 * An image whose blocks several threads may share, bit for bit the same as on one. [control]
 *
 * What waits for what is found in the programs themselves: a branch waits for whoever wrote what it reads, and for whoever
 * read or wrote what it writes, in the order of one thread.
 */
export function branchImage(image: TaskImage, options: BranchOptions): TaskImage {
  const atoms = atomsOf(image, options);
  const cost = atoms.reduce((sum, atom) => sum + atom.cost, 0);
  const graph = {
    waitsFor: atoms.map(({ waitsFor }) => new Set(Array.from(waitsFor, ({ place }) => place))),
    cost: atoms.map((atom) => atom.cost),
  };
  const branches = branchesOf(graph, cost / (BRANCHES_PER_THREAD * options.threads), BRANCHES_MAXIMUM);
  if (branches.length < 2) return { ...image, branches: null };
  const { steps, firstStep, endStep } = branchSteps(image, atoms, branches);
  return { ...image, steps, branches: branchPlan(branches, firstStep, endStep, options.threads) };
}

/** Records of an image that are done in a row: a chunk of the plan, or a part of one that only mixes. */
interface Atom {
  cost: number;
  waitsFor: Set<Atom>;
  /** Its records and copies, as steps of one record each. */
  steps: number[][];
  chunk: number;
  /** Of a chunk that only mixes: it may come before all atoms with a higher one. */
  part: number;
  place: number;
}

/**
 * Which atoms wait for which, by the buffers that they touch, in an order in which they can be done one by one.
 *
 * What only mixes is cut where another channel begins, and where its sources come from another atom: so who rendered
 * sources can mix them, too, and hands on one buffer instead of many. The order in which sources are added stays.
 */
function atomsOf(image: TaskImage, { memories, isShareable }: BranchOptions): Atom[] {
  const calls = chunksWithCalls(image, memories);
  const atoms: Atom[] = [];
  const writers = new Map<number, Atom>();
  const readers = new Map<number, Atom[]>();
  let atom: Atom | undefined;
  let written = -1;
  const enter = (chunk: number): Atom => {
    const entered = { cost: 0, waitsFor: new Set<Atom>(), steps: [], chunk, part: 0, place: 0 };
    atoms.push(entered);
    return entered;
  };
  const waitFor = (other: Atom | undefined): void => {
    if (other && other !== atom) atom!.waitsFor.add(other);
  };
  const write = (place: number): void => {
    waitFor(writers.get(place));
    for (const reader of readers.get(place) ?? []) waitFor(reader);
    readers.delete(place);
    writers.set(place, atom!);
  };
  touchPlaces(image, memories, {
    begin: (chunk, step, from, to) => {
      if (!atom || atom.chunk !== chunk) atom = enter(chunk);
      else if (!calls.has(chunk)) {
        const source = writers.get(from);
        const isOther = source !== undefined && source.chunk !== chunk && !atom.waitsFor.has(source);
        if (to !== written || atom.steps.length >= MIX_RECORDS || (isOther && atom.steps.length >= LEAST_RECORDS))
          atom = enter(chunk);
      }
      written = to;
      atom.cost += RECORD_COST;
      atom.steps.push(step);
    },
    read: (place) => {
      waitFor(writers.get(place));
      const known = readers.get(place);
      if (!known) readers.set(place, [atom!]);
      else if (known.at(-1) !== atom) known.push(atom!);
    },
    write,
    call: (memory, instances) => {
      atom!.cost += instances === 1 ? INSTANCE_COST : instances * BATCHED_COST;
      if (!isShareable(memory)) write(placeAt(memory, 0)); // the memory as a whole stands for what they share
    },
  });
  return inParts(atoms);
}

/** Orders the atoms of each chunk that only mixes so that the first parts of all its channels stand together. */
function inParts(atoms: readonly Atom[]): Atom[] {
  const out: Atom[] = [];
  for (let first = 0; first < atoms.length; ) {
    const { chunk } = atoms[first]!;
    let end = first;
    for (; end < atoms.length && atoms[end]!.chunk === chunk; end++) {
      const atom = atoms[end]!;
      for (const before of atom.waitsFor) if (before.chunk === chunk) atom.part = Math.max(atom.part, before.part + 1);
    }
    out.push(...atoms.slice(first, end).sort((a, b) => a.part - b.part));
    first = end;
  }
  out.forEach((atom, place) => {
    atom.place = place;
  });
  return out;
}

function chunksWithCalls(image: TaskImage, memories: readonly Uint32Array[]): Set<number> {
  const calls = new Set<number>();
  let chunk = 0;
  const ignore = (): void => {};
  const begin = (of: number): void => {
    chunk = of;
  };
  touchPlaces(image, memories, { begin, read: ignore, write: ignore, call: () => calls.add(chunk) });
  return calls;
}

/** The whole steps, and behind them those of each branch. */
function branchSteps(image: TaskImage, atoms: readonly Atom[], branches: readonly Branch[]) {
  const { steps: whole, wholeSteps } = image;
  const cut: number[] = [];
  const firstStep = new Int32Array(branches.length);
  const endStep = new Int32Array(branches.length);
  branches.forEach(({ first }, b) => {
    firstStep[b] = wholeSteps + cut.length;
    let last: number[] | undefined;
    for (const { steps } of atoms.slice(first, branches[b + 1]?.first))
      for (const step of steps) {
        const follows = step[0] === STEP.run && last?.[0] === STEP.run && last[1] === step[1] && last[4] === step[3];
        if (follows) cut[cut.length - STEP_NUMBERS + 4] = last![4] = step[4]!;
        else {
          last = [...step];
          cut.push(...last);
        }
      }
    endStep[b] = wholeSteps + cut.length;
  });
  const steps = new Int32Array(new SharedArrayBuffer((wholeSteps + cut.length) * 4));
  steps.set(whole.subarray(0, wholeSteps));
  steps.set(cut, wholeSteps);
  return { steps, firstStep, endStep };
}

function branchPlan(
  branches: readonly Branch[],
  firstStep: Int32Array,
  endStep: Int32Array,
  seats: number,
): BranchPlan {
  const followers: number[][] = branches.map(() => []);
  branches.forEach(({ waitsFor }, b) => {
    for (const before of waitsFor) followers[before]!.push(b);
  });
  const firstNext = new Int32Array(branches.length + 1);
  followers.forEach((list, b) => {
    firstNext[b + 1] = firstNext[b]! + list.length;
  });
  return {
    seats,
    firstStep,
    endStep,
    waitsFor: Int32Array.from(branches, ({ waitsFor }) => waitsFor.size),
    next: Int32Array.from(followers.flat()),
    firstNext,
    shared: Team.memory(seats, homes(branches, seats)),
    widest: widthOf(branches),
  };
}

/**
 * The seat that does each branch at first. Those that wait for the same are dealt out in their order, so that neighbours
 * share a seat; the others go where most of what they wait for is done.
 */
function homes(branches: readonly Branch[], seats: number): number[] {
  const keys = branches.map(({ waitsFor }) => [...waitsFor].sort((a, b) => a - b).join());
  const left = new Map<string, { cost: number; all: number; members: number }>();
  branches.forEach(({ cost }, b) => {
    const group = left.get(keys[b]!) ?? { cost: 0, all: 0, members: 0 };
    left.set(keys[b]!, { cost: 0, all: group.all + cost, members: group.members + 1 });
  });
  const seatOf: number[] = [];
  branches.forEach(({ cost, waitsFor }, b) => {
    const group = left.get(keys[b]!)!;
    if (group.members > 1) {
      seatOf.push(Math.min(seats - 1, Math.floor(((group.cost + cost / 2) / group.all) * seats)));
      group.cost += cost;
      return;
    }
    const done = new Array<number>(seats).fill(0);
    for (const before of waitsFor) done[seatOf[before]!]! += branches[before]!.cost;
    seatOf.push(done.indexOf(Math.max(...done)));
  });
  return seatOf;
}
