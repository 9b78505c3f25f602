import type { Task } from '@audiocloud/api';
import { guardMemory } from '../guard/guard-memory.ts';
import type { TaskSounds } from '../media/disk-sound.ts';
import type { SoundLookup } from '../plan/fixed-sound.ts';
import { type RenderedTask, renderedTask } from '../plan/host-paths.ts';
import { compensate, graphOf, type Plan } from '../plan/plan.ts';
import type { TaskShared } from '../render/task-shared.ts';
import { clipImages } from './clip-images.ts';
import { compilePlan } from './compile-plan.ts';
import { fadingFrom } from './fading.ts';
import { favouritePlugin } from './favourite-plugin.ts';
import { hostModule } from './host-module.ts';
import { InstanceSet } from './instance-set.ts';
import type { LaneImages } from './lane-images.ts';
import { Ledger } from './ledger.ts';
import { type Fading, forgetBefore, instancesGone, isOvergrown, type LiveGraph, mergeGraphs } from './live-graph.ts';
import { liveNodes } from './live-node.ts';
import type { LoadOptions } from './load-options.ts';
import { makeImage } from './make-image.ts';
import { NotesImages } from './notes-images.ts';
import type { PlanInUse } from './plan-in-use.ts';
import { taskReports } from './report-places.ts';
import type { SinkGuards } from './sink-guards.ts';
import type { TaskBranches } from './task-branches.ts';
import type { TaskCommands } from './task-commands.ts';
import type { TaskDisk } from './task-disk.ts';
import type { TaskInstance } from './task-instance.ts';
import type { TaskMemories } from './task-memories.ts';
import type { TaskTransport } from './task-transport.ts';
import { valueChanges, valueCommand } from './task-values.ts';
import type { Waste } from './waste.ts';

export interface PlanMakerOptions {
  id: string;
  sampleRate: number;
  maxFrames: number;
  hasFixed: boolean;
  hasReports: boolean;
  isHeardLater: boolean;
  soundOf: SoundLookup;
  inputChannels: number | undefined;
  admit: LoadOptions['admit'];
  inUse: PlanInUse;
  shared: TaskShared;
  commands: TaskCommands;
  transport: TaskTransport;
  memories: TaskMemories;
  branches: TaskBranches;
  lanes: LaneImages;
  guards: SinkGuards | undefined;
  disk: TaskDisk;
  waste: Waste;
}

/** What a plan makes anew although the graph says the same of it. */
export interface Renewed {
  isWanted: (instance: TaskInstance) => boolean;
  /** A damaged memory: nothing of it stays, and nothing of it fades out. */
  left?: number | undefined;
  /** What an instance of this name goes on from. */
  stateOf?: (name: string) => Uint8Array | undefined;
}

/** Makes the plans of one task, and puts each into use in the place of the one before. [control] */
export class PlanMaker {
  readonly #options: PlanMakerOptions;
  readonly #ledger: Ledger;
  readonly #notes = new NotesImages();

  constructor(options: PlanMakerOptions) {
    this.#options = options;
    this.#ledger = new Ledger(options.memories);
  }

  /**
   * Plans, creates what is new, compiles; what goes fades out where it sounds. The image must be sent to the renderer.
   *
   * Throws, naming the thing, what the plan, an instance or admission refuses; then all that was made is undone.
   */
  make(graph: Task, media: TaskSounds, renewed?: Renewed): void {
    while (!this.#tryToMake(graph, media, renewed));
  }

  /** As `make`, of the graph in use. */
  remake(renewed?: Renewed): void {
    const { graph, media } = this.#options.inUse;
    this.make(graph, media, renewed);
  }

  /** False when instances left the host no room in their memory: next time fewer are put into one. */
  #tryToMake(graph: Task, media: TaskSounds, renewed: Renewed | undefined): boolean {
    const { inUse, memories, sampleRate, maxFrames, hasFixed, soundOf, admit } = this.#options;
    const { registry } = inUse;
    const memoriesBefore = memories.list.length;
    this.#ledger.begin();
    const stateOf = renewed?.stateOf;
    const instances = new InstanceSet(
      { registry, memories, sampleRate, maxFrames, media, hasFixed, ...(stateOf ? { stateOf } : {}) },
      graph,
      inUse.image && { graph: inUse.graph, instances: keepable(inUse, renewed) },
    );
    try {
      const modelOf = (id: string) => registry.find(id).model;
      const rendered = renderedTask(graph, modelOf, inUse.listenedTo, soundOf);
      const checked = graphOf(rendered.task, modelOf, soundOf);
      instances.make();
      const plan = compensate(
        checked,
        checked.nodes.map(({ kind, name, sound }) =>
          kind === 'instance'
            ? (instances.byName.get(name)?.latencyFrames ?? sound?.latencyFrames ?? 0) -
              (graph.instances![name]!.offsetFrames ?? 0)
            : 0,
        ),
      );
      admit?.(plan, graph, graph !== inUse.graph || !inUse.compiled);
      this.#compile({ graph, media, rendered, plan, instances }, renewed);
      return true;
    } catch (error) {
      this.#ledger.abandon();
      const { full } = this.#ledger;
      const isLighter = full !== undefined && instances.hasMadeIn(full) && memories.lighten(full);
      instances.undo();
      memories.giveUp(memoriesBefore);
      if (isLighter) return false;
      throw error;
    }
  }

  #compile({ graph, media, rendered, plan, instances }: Planned, renewed: Renewed | undefined): void {
    const { id, sampleRate, maxFrames, inputChannels, hasReports, isHeardLater, inUse, shared } = this.#options;
    const { commands, memories, branches, lanes: laneImages, guards, disk, waste } = this.#options;
    const { registry, live: before } = inUse;
    const { byName } = instances;
    const host = hostModule();
    const clips = clipImages(graph, media, sampleRate, (placed) => disk.pages(placed));
    const nodes = liveNodes(
      plan.nodes,
      { graph: rendered.task, instances: byName, clips, sampleRate, inputChannels, isHeardLater },
      before?.byName,
    );
    const live = mergeGraphs(plan, nodes, before, before && this.#fading(before, renewed));
    const compiled = compilePlan({
      graph: live,
      memories,
      ledger: this.#ledger,
      home: memories.home(() => favouritePlugin(graph, registry)),
      maxFrames,
      matricesBefore: inUse.compiled?.matrices,
    });
    const lanes = laneImages.make(graph, registry, byName, sampleRate);
    const notes = this.#notes.make(graph, byName, sampleRate);
    const changes = valueChanges(graph, instances);
    const sinks = live.nodes.flatMap(({ sink }) => sink ?? []);
    guards?.make(sinks);
    commands.refuseWithoutRoom(changes.length + 1); // one for a loop
    // From here on nothing is refused any more.
    const freeLedger = this.#ledger.finish();
    const gone = before ? instancesGone(before, live) : [];
    const generation = (inUse.image?.generation ?? 0) + 1;
    for (const change of changes) commands.give(valueCommand(change, inUse.image.generation));
    const freeGuards = guards?.keep(sinks);
    if (inUse.image)
      waste.add(generation, () => {
        freeLedger();
        freeGuards?.();
        for (const instance of gone) instance.dispose();
      });
    inUse.graph = graph;
    inUse.media = media;
    inUse.instances = byName;
    inUse.plan = plan;
    inUse.rendered = rendered;
    if (hasReports) inUse.reports = taskReports(byName.values(), inUse.reports);
    forgetBefore(live);
    inUse.live = live;
    inUse.compiled = compiled;
    inUse.image = branches.cut(
      makeImage({
        id,
        generation,
        sampleRate,
        maxFrames,
        shared: shared.buffer,
        memories: memories.images,
        host,
        guard: guards ? guardMemory().image : null,
        guardOf: (sink) => guards?.at(sink) ?? null,
        lanes,
        notes,
        reports: inUse.reports?.image ?? null,
        graph: live,
        sinkNames: Object.keys(rendered.task.sinks ?? {}),
        compiled,
      }),
    );
    disk.take(inUse.image);
  }

  /** Undefined when nothing fades out: what is gone goes at once. */
  #fading(before: LiveGraph, renewed: Renewed | undefined): Fading | undefined {
    const { inUse, transport, memories } = this.#options;
    // a damaged memory sounds no longer
    if (!transport.isPlaying || renewed?.left !== undefined || isOvergrown(before)) return undefined;
    return fadingFrom(before, inUse.compiled!.moving, memories);
  }
}

/** What was found and made for a graph before it is compiled. */
interface Planned {
  graph: Task;
  media: TaskSounds;
  rendered: RenderedTask;
  plan: Plan;
  instances: InstanceSet;
}

/** Those of the instances in use that may stay. */
function keepable({ instances }: PlanInUse, renewed: Renewed | undefined): ReadonlyMap<string, TaskInstance> {
  if (!renewed) return instances;
  return new Map([...instances].filter(([, instance]) => !renewed.isWanted(instance)));
}
