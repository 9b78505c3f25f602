import type { Instance, Model } from '@audiocloud/api';
import type { Plugin } from '../plugin/load-plugin.ts';
import { Registry } from '../registry/registry.ts';
import { BATCH_MAXIMUM } from '../render/program.ts';
import { CostRig, chord, noises, noiseTrack, shellTask, slotNoises } from './cost-rig.ts';

/** What is measured: one model in one setting, in blocks of so many frames. */
export interface CostQuestion {
  plugin: Plugin;
  model: Model;
  /** Of every audio port. */
  widths: Record<string, number>;
  parameters: Instance['parameters'];
  sampleRate: number;
  blockFrames: number;
}

/** What instances of one model that hear nothing of each other cost in a block, the host's work on them included. */
export interface ModelCost {
  /** [instances, ns] by number of instances; both grow. */
  points: [instances: number, ns: number][];
}

/** What the host itself costs in a block, in ns. */
export interface HostCost {
  /** A task with nothing in it. */
  taskNs: number;
  /** One channel of a track that plays. */
  trackChannelNs: number;
  /** One channel of a connection that is added, has a gain, or leads to another memory. */
  wireNs: number;
  /** One channel of a sink. */
  sinkChannelNs: number;
}

/** Blocks of one turn: long enough that what works in every few blocks shows its average. */
const TURN_BLOCKS = 16;
const FEWEST_TURNS = 5;
const MOST_TURNS = 16;
/** For one comparison. On a busy machine fewer turns are made, not wrong ones. */
const BUDGET_MS = 150;
/** Of several turns the one that counts, by size: whatever disturbs a turn makes it longer, never shorter. */
const QUIET = 0.25;
/** An instance costs at least this: what the host alone does for it (bench `host`), so that nothing is free. */
const LEAST_NS = 20;
/** Instances one after the other, of which each renders alone. */
const IN_SERIES = 8;

/** More than the caches that a core has for itself: what others have written there when a task's turn comes again. */
const OTHERS_BYTES = 4 << 20;
const LINE_BYTES = 64;
const STEP = LINE_BYTES / Float64Array.BYTES_PER_ELEMENT;

/**
 * Leaves the caches as a task finds them on a thread that many share: full of what others have written. The code of the host
 * is there, since the one before used it.
 */
function othersBefore(one: CostRig): () => void {
  const memory = new Float64Array(OTHERS_BYTES / Float64Array.BYTES_PER_ELEMENT);
  return () => {
    for (let i = 0; i < memory.length; i += STEP) memory[i] = memory[i]! + 1;
    one.render(1);
  };
}

/**
 * Time for a block of each rig, in ns; then ends them. They take turns, so that a slow spell of the machine falls on all. Each
 * block is rendered as among many tasks; the first rig stands for the task before.
 */
function measured(rigs: readonly CostRig[], before: CostRig): number[] {
  const turns = rigs.map((): number[] => []);
  const until = performance.now() + BUDGET_MS;
  const others = othersBefore(before);
  for (let turn = 0; turn < MOST_TURNS && (turn < FEWEST_TURNS || performance.now() < until); turn++)
    rigs.forEach((rig, i) => {
      turns[i]!.push(rig.turn(TURN_BLOCKS, others));
    });
  before.end();
  for (const rig of rigs) rig.end();
  return turns.map((times) => times.sort((a, b) => a - b)[Math.floor(QUIET * (times.length - 1))]!);
}

/** The tasks that a question is asked with; each audio input hears a track of its own width. */
function rigsOf({ plugin, model, widths, parameters, sampleRate, blockFrames }: CostQuestion) {
  const registry = Registry.of([plugin]);
  const inputs = model.inputs.filter(({ kind }) => kind === 'audio');
  const slots = model.mediaSlots ?? [];
  const media = {
    ...noises(sampleRate, new Set([1, ...inputs.map(({ id }) => widths[id]!)])),
    ...slotNoises(sampleRate, model),
  };
  const instance: Instance = {
    model: model.id,
    widths,
    ...(parameters ? { parameters } : {}),
    ...(slots.length > 0 ? { media: Object.fromEntries(slots.map(({ id }) => [id, `in-${id}`])) } : {}),
  };
  const isPlayed = model.inputs.some(({ kind }) => kind === 'midi');
  const shell = () => {
    const task = shellTask(sampleRate, media);
    for (const { id } of inputs) task.tracks[`to-${id}`] = noiseTrack(widths[id]!);
    return task;
  };
  return {
    hasInputs: inputs.length > 0,
    /** So many at the same depth. */
    beside: (count: number): CostRig => {
      const task = shell();
      for (let n = 0; n < count; n++) {
        task.instances[`x${n}`] = instance;
        if (isPlayed) task.notes[`x${n}`] = chord(`x${n}`);
        for (const { id } of inputs)
          task.connections[`x${n}-${id}`] = { from: { node: `to-${id}` }, to: { node: `x${n}`, port: id } };
      }
      return new CostRig(task, media, registry, blockFrames);
    },
    /** A series of buses, and an instance at so many of them: none at the depth of another. */
    inSeries: (count: number): CostRig => {
      const task = shell();
      for (const { id } of inputs)
        for (let n = 0; n < IN_SERIES; n++) {
          const bus = `${id}-${n}`;
          task.buses[bus] = { inputChannels: widths[id]! };
          task.connections[bus] = { from: { node: n === 0 ? `to-${id}` : `${id}-${n - 1}` }, to: { node: bus } };
          if (n < count) task.connections[`x${n}-${id}`] = { from: { node: bus }, to: { node: `x${n}`, port: id } };
        }
      for (let n = 0; n < count; n++) {
        task.instances[`x${n}`] = instance;
        if (isPlayed) task.notes[`x${n}`] = chord(`x${n}`);
      }
      return new CostRig(task, media, registry, blockFrames);
    },
  };
}

/**
 * Measures what instances of a model cost on this thread, among others that use its caches too. [control]
 *
 * Takes about a quarter of a second. What disturbs is left out as far as the machine has quiet spells of some milliseconds.
 * Throws INSTANCE_FAILED when the plugin fails meanwhile.
 */
export function measureCost(question: CostQuestion): ModelCost {
  const { hasInputs, beside, inSeries } = rigsOf(question);
  const numbers = question.plugin.module.hasMany ? [4, BATCH_MAXIMUM] : [8];
  // what hears nothing is always at the first depth
  const alone = hasInputs ? [inSeries(0), inSeries(IN_SERIES)] : [beside(0), beside(1)];
  const [withoutAlone, withAlone, none, ...some] = measured([...alone, ...[0, ...numbers].map(beside)], beside(0));
  const one = (withAlone! - withoutAlone!) / (hasInputs ? IN_SERIES : 1);
  let most = 0;
  const points = [one, ...some.map((ns) => ns - none!)].map((ns, i): [number, number] => {
    const count = i === 0 ? 1 : numbers[i - 1]!;
    // more instances cost more: else one more could make room for a task that does not fit
    const before = i === 0 ? 0 : i === 1 ? 1 : numbers[i - 2]!;
    most = Math.max(ns, most + (count - before) * LEAST_NS);
    return [count, Math.round(most)];
  });
  return { points };
}

const ROUGH_TURNS = 5;
const ROUGH_BLOCKS = 32;

/** A quick measure of one instance with all around it, in ns: to compare settings of one model with each other. [control] */
export function roughCost(question: CostQuestion): number {
  const rig = rigsOf(question).beside(1);
  let least = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < ROUGH_TURNS; turn++) least = Math.min(least, rig.turn(ROUGH_BLOCKS));
  rig.end();
  return least;
}

/** Measures what the host costs on this thread. [control] */
export function measureHost(sampleRate: number, blockFrames: number): HostCost {
  const registry = Registry.of([]);
  const media = noises(sampleRate, [1]);
  const many = 32;
  const names = Array.from({ length: many }, (_, n) => `more${n}`);
  const rig = (add: (task: ReturnType<typeof shellTask>) => void): CostRig => {
    const task = shellTask(sampleRate, media);
    add(task);
    return new CostRig(task, media, registry, blockFrames);
  };
  const plainRig = () => rig(() => {});
  const rigs = [
    plainRig(),
    rig(({ tracks }) => {
      for (const name of names) tracks[name] = noiseTrack(1);
    }),
    rig(({ buses, connections }) => {
      buses['mix'] = { inputChannels: 1 };
      for (const name of names) connections[name] = { from: { node: 'main' }, to: { node: 'mix' }, gainDb: -6 };
    }),
    rig(({ sinks, connections }) => {
      for (const name of names) {
        sinks[name] = { kind: 'stream', channels: 1 };
        connections[name] = { from: { node: 'main' }, to: { node: name } };
      }
    }),
  ];
  const [plain, tracks, wires, sinks] = measured(rigs, plainRig()) as [number, number, number, number];
  const each = (all: number) => Math.max(LEAST_NS, Math.round((all - plain) / many));
  return { taskNs: Math.round(plain), trackChannelNs: each(tracks), wireNs: each(wires), sinkChannelNs: each(sinks) };
}
