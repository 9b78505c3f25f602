import { AudioCloudError, type Instance, type Model, type Task } from '@audiocloud/api';
import { type AudioData, allocateAudio } from '../media/audio-data.ts';
import type { Plugin } from '../plugin/load-plugin.ts';
import { seededRandom } from '../plugin/seeded-random.ts';
import { Registry } from '../registry/registry.ts';
import { BATCH_MAXIMUM } from '../render/program.ts';
import { TaskRenderer } from '../render/task-renderer.ts';
import { COMMAND } from '../render/task-shared.ts';
import { LoadedTask } from '../task/loaded-task.ts';

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

const NOISE_SECONDS = 1;
/** Blocks of one turn: long enough that what works in every few blocks shows its average. */
const TURN_BLOCKS = 32;
const WARM_BLOCKS = 64;
const FEWEST_TURNS = 5;
const MOST_TURNS = 40;
/** For one comparison. On a busy machine fewer turns are made, not wrong ones. */
const BUDGET_MS = 60;
/** An instance costs at least this: what the host alone does for it (bench `host`), so that nothing is free. */
const LEAST_NS = 20;
/** A task that plays on this thread. */
class Rig {
  readonly #task: LoadedTask;
  readonly #renderer: TaskRenderer;
  readonly #frames: number;

  constructor(graph: Task, media: Record<string, AudioData>, registry: Registry, blockFrames: number) {
    const { sampleRate } = graph;
    this.#frames = blockFrames;
    this.#task = LoadedTask.load({ id: 'cost', graph, media, registry, sampleRate, maxFrames: blockFrames });
    this.#renderer = new TaskRenderer(this.#task.image);
    this.#task.shared.give({ kind: COMMAND.play, value: 0, a: 1 });
    this.#render(WARM_BLOCKS);
  }

  /** ns for a block, over one turn. */
  turn(): number {
    const began = performance.now();
    this.#render(TURN_BLOCKS);
    return ((performance.now() - began) * 1e6) / TURN_BLOCKS;
  }

  /** Throws INSTANCE_FAILED when an instance failed: what is muted costs nothing, which is not its cost. */
  end(): void {
    const failed = Object.values(this.#task.state().instances).find(({ error }) => error);
    this.#task.dispose();
    if (failed) throw AudioCloudError.from(failed.error!);
  }

  #render(blocks: number): void {
    for (let block = 0; block < blocks; block++) this.#renderer.render(this.#frames, []);
  }
}

/**
 * The least time for a block of each rig, in ns. They take turns, so that a slow spell of the machine falls on all.
 *
 * The least and not the mean or the median: whatever disturbs a turn makes it longer, never shorter.
 */
function quietest(rigs: readonly Rig[], budgetMs = BUDGET_MS): number[] {
  const least = rigs.map(() => Number.POSITIVE_INFINITY);
  const until = performance.now() + budgetMs;
  for (let turn = 0; turn < MOST_TURNS && (turn < FEWEST_TURNS || performance.now() < until); turn++)
    rigs.forEach((rig, i) => {
      least[i] = Math.min(least[i]!, rig.turn());
    });
  return least;
}

/** Measures, then ends the rigs. */
function measured(rigs: readonly Rig[], budgetMs?: number): number[] {
  const least = quietest(rigs, budgetMs);
  for (const rig of rigs) rig.end();
  return least;
}

function noise(sampleRate: number, channels: number): AudioData {
  const random = seededRandom(7);
  const made = allocateAudio(sampleRate, channels, sampleRate * NOISE_SECONDS);
  for (const samples of made.data) for (let i = 0; i < samples.length; i++) samples[i] = random() - 0.5;
  return made;
}

const track = (channels: number) => ({ channels, clips: [{ media: `noise${channels}`, startSeconds: 0 }] });
const shell = (sampleRate: number): Task => ({
  sampleRate,
  loop: { startSeconds: 0, endSeconds: NOISE_SECONDS },
  tracks: { main: track(1) },
  connections: { main: { from: { node: 'main' }, to: { node: 'main-out' } } },
  sinks: { 'main-out': { kind: 'stream', channels: 1 } },
});

/** The task that a question is asked with: so many instances side by side, each input from a track of its own width. */
function rigOf(question: CostQuestion): (count: number) => Rig {
  const { plugin, model, widths, parameters, sampleRate, blockFrames } = question;
  const registry = Registry.of([plugin]);
  const inputs = model.inputs.filter(({ kind }) => kind === 'audio');
  const channels = new Set([1, ...inputs.map(({ id }) => widths[id]!)]);
  const media = Object.fromEntries([...channels].map((count) => [`noise${count}`, noise(sampleRate, count)]));
  return (count) => {
    const graph = shell(sampleRate);
    const instances: NonNullable<Task['instances']> = {};
    for (const { id } of inputs) graph.tracks![`to-${id}`] = track(widths[id]!);
    for (let n = 0; n < count; n++) {
      instances[`x${n}`] = { model: model.id, widths, ...(parameters ? { parameters } : {}) };
      for (const { id } of inputs)
        graph.connections![`x${n}-${id}`] = { from: { node: `to-${id}` }, to: { node: `x${n}`, port: id } };
    }
    return new Rig({ ...graph, media: mediaOf(media), instances }, media, registry, blockFrames);
  };
}

/**
 * Measures what instances of a model cost on this thread. [control]
 *
 * Takes about a tenth of a second. Never too little by chance; what disturbs is left out as far as the machine has quiet
 * spells of some hundred microseconds. Throws INSTANCE_FAILED when the plugin fails meanwhile.
 */
export function measureCost(question: CostQuestion): ModelCost {
  const rig = rigOf(question);
  const numbers = question.plugin.module.hasMany ? [1, 4, BATCH_MAXIMUM] : [1, 8];
  const [none, ...some] = measured([0, ...numbers].map(rig));
  let most = 0;
  const points = numbers.map((count, i): [number, number] => {
    // more instances never cost less: else one more could make room for a task that does not fit
    most = Math.max(most, some[i]! - none!, count * LEAST_NS);
    return [count, Math.round(most)];
  });
  return { points };
}

/** A quick measure of one instance with all around it, in ns: to compare settings of one model with each other. [control] */
export function roughCost(question: CostQuestion): number {
  return measured([rigOf(question)(1)], 0)[0]!;
}

/** Measures what the host costs on this thread. [control] */
export function measureHost(sampleRate: number, blockFrames: number): HostCost {
  const registry = Registry.of([]);
  const media = { noise1: noise(sampleRate, 1) };
  const many = 32;
  const names = Array.from({ length: many }, (_, n) => `more${n}`);
  const rig = (add: (graph: Task) => void): Rig => {
    const graph = { ...shell(sampleRate), media: mediaOf(media) };
    add(graph);
    return new Rig(graph, media, registry, blockFrames);
  };
  const [plain, tracks, wires, sinks] = measured([
    rig(() => {}),
    rig((graph) => {
      for (const name of names) graph.tracks![name] = track(1);
    }),
    rig((graph) => {
      graph.buses = { mix: { inputChannels: 1 } };
      for (const name of names) graph.connections![name] = { from: { node: 'main' }, to: { node: 'mix' }, gainDb: -6 };
    }),
    rig((graph) => {
      for (const name of names) {
        graph.sinks![name] = { kind: 'stream', channels: 1 };
        graph.connections![name] = { from: { node: 'main' }, to: { node: name } };
      }
    }),
  ]) as [number, number, number, number];
  const each = (all: number) => Math.max(LEAST_NS, Math.round((all - plain) / many));
  return { taskNs: Math.round(plain), trackChannelNs: each(tracks), wireNs: each(wires), sinkChannelNs: each(sinks) };
}

const mediaOf = (media: Record<string, AudioData>): NonNullable<Task['media']> =>
  Object.fromEntries(Object.keys(media).map((name) => [name, { path: name }]));
