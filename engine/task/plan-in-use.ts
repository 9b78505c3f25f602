import type { Task } from '@audiocloud/api';
import type { TaskSounds } from '../media/disk-sound.ts';
import { type RenderedTask, tapName } from '../plan/host-paths.ts';
import type { Plan } from '../plan/plan.ts';
import { TAIL_ENDLESS } from '../plugin/layout.ts';
import type { Registry } from '../registry/registry.ts';
import type { SinkImage, TaskImage } from '../render/task-image.ts';
import { type TaskShared, WORD } from '../render/task-shared.ts';
import type { CompiledPlan } from './compile-plan.ts';
import { type DryPathGains, dryPathGains } from './dry-path-gains.ts';
import type { LiveGraph } from './live-graph.ts';
import type { TaskReports } from './report-places.ts';
import type { TaskInstance } from './task-instance.ts';

/** What a plan is made of: see LoadOptions. */
export interface PlannedTask {
  graph: Task;
  media: TaskSounds;
  registry: Registry;
  listenedTo: ReadonlySet<string>;
}

/**
 * The graph of one task and the plan made of it, which its renderer has or is about to get. [control]
 *
 * Another plan comes into it as a whole (PlanMaker); of the one that is there values and gains change (LiveChanges).
 */
export class PlanInUse implements PlannedTask {
  graph: Task;
  media: TaskSounds;
  registry: Registry;
  listenedTo: ReadonlySet<string>;
  instances: ReadonlyMap<string, TaskInstance> = new Map();
  plan!: Plan;
  rendered!: RenderedTask;
  /** What is rendered: the graph, and what of those before it fades out. */
  live: LiveGraph | undefined;
  compiled: CompiledPlan | undefined;
  /** What instances publish, by block; undefined when that is not noted. */
  reports: TaskReports | undefined;
  image!: TaskImage;
  readonly #shared: TaskShared;

  constructor({ graph, media, registry, listenedTo }: PlannedTask, shared: TaskShared) {
    this.graph = graph;
    this.media = media;
    this.registry = registry;
    this.listenedTo = listenedTo;
    this.#shared = shared;
  }

  /** Whether the renderer has the image: no edit is on its way to it. */
  get isRendered(): boolean {
    return Atomics.load(this.#shared.words, WORD.generation) === this.image.generation;
  }

  /** Those of the graph, without such as fade out. */
  get sinks(): SinkImage[] {
    return this.image.sinks.slice(0, Object.keys(this.graph.sinks ?? {}).length);
  }

  /** Where a node is heard: a sink, or the sink of a node that is listened to; by default the first sink. */
  heard(node?: string): SinkImage | undefined {
    const { sinks } = this;
    if (node === undefined) return sinks[0];
    return (
      sinks.find(({ name }) => name === node) ??
      (this.rendered.taps.includes(node) ? this.image.sinks.find(({ name }) => name === tapName(node)) : undefined)
    );
  }

  /** The ring that sound pushed into a track goes to; undefined where none is taken. */
  pushRing(track: string): SharedArrayBuffer | undefined {
    const source = this.live?.byName.get(track)?.source;
    return source?.kind === 'push' ? source.ring : undefined;
  }

  /** Frames from the end of the last clip until the last tail is over; endless tails count as none. */
  get tailFrames(): number {
    const { nodes, edges, firstEdge } = this.plan;
    const tails = new Float64Array(nodes.length);
    let longest = 0;
    nodes.forEach((node, n) => {
      for (let e = firstEdge[n]!; e < firstEdge[n + 1]!; e++) {
        const edge = edges[e]!;
        if (!edge.feedback) tails[n] = Math.max(tails[n]!, tails[edge.from]! + edge.offsetFrames);
      }
      const own = this.instances.get(node.name)?.tailFrames ?? 0;
      if (own < TAIL_ENDLESS) tails[n]! += own;
      longest = Math.max(longest, tails[n]!);
    });
    return longest;
  }

  /** The gains of an instance's bypass and mix as the graph has them; undefined when they take another plan. */
  dryPathGains(name: string): DryPathGains | undefined {
    const { instances = {} } = this.graph;
    const instance = Object.hasOwn(instances, name) ? instances[name] : undefined;
    const { byConnection } = this.live!;
    return instance && dryPathGains(instance, this.rendered.dryPaths.get(name), (other) => byConnection.get(other));
  }

  /** A registry, and what the graph uses of the one it has. */
  completed(registry: Registry): Registry {
    return registry.completedBy(
      this.registry,
      new Set(Object.values(this.graph.instances ?? {}).map(({ model }) => model)),
    );
  }

  /** Destroys all instances. Only when no renderer has the task any more. */
  dispose(): void {
    for (const { instance } of this.live?.nodes ?? []) instance?.dispose();
    this.live = undefined;
    this.instances = new Map();
  }
}
