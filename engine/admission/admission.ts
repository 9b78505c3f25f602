import { AudioCloudError, type GraphEdit, type Instance, type Task } from '@audiocloud/api';
import { portWidths } from '../plan/graph-nodes.ts';
import type { Plan } from '../plan/plan.ts';
import type { Registry } from '../registry/registry.ts';
import type { LoadedTask } from '../task/loaded-task.ts';
import type { PlacedTask } from '../thread/balance.ts';
import { Claim, LEAST_RATIO } from './claim.ts';
import type { ModelCosts } from './model-costs.ts';
import { costedInstances, type Prediction, predictLoad } from './predict-load.ts';
import { claimed, findPlace, type Place } from './room.ts';

/** The threads as admission sees them. */
export interface AdmissionThreads {
  /** The tasks of each thread. */
  tasksOf(): string[][];
  threadOf(task: string): number | undefined;
  move(task: string, to: number): Promise<void>;
}

export interface AdmissionOptions {
  threads: AdmissionThreads;
  costs: ModelCosts;
  /** What the tasks of one thread may claim together, above 0 to 1; undefined: nothing is refused. */
  limit: number | undefined;
  /** Time that a block has. */
  periodNs: number;
}

/** What one loaded task has to do with admission. */
export interface Entry {
  claim: Claim;
  /** Given to LoadedTask: it is asked before a plan is taken. */
  admit: (plan: Plan, graph: Task) => void;
  coming: { prediction: Prediction; place: Place | undefined } | undefined;
}

/**
 * Decides which tasks may play: those whose predicted loads fit the render threads together. [control]
 *
 * A stopped task claims nothing. Whoever gets a place keeps it: a task is refused before it takes from another.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  get limit(): number | undefined {
    return this.#options.limit;
  }

  /** Resolves when the costs of a graph's instances are known. Never rejects. */
  learn(graph: Task, registry: Registry): Promise<void> {
    return this.#learn(Object.entries(graph.instances ?? {}), registry);
  }

  /** As `learn`, for the instances that edits bring. */
  learnEdits(edits: readonly GraphEdit[], graph: Task, registry: Registry): Promise<void> {
    const found = edits.flatMap((edit): [string, Instance][] => {
      if (edit.op === 'put' && edit.part === 'instances') return [[edit.name, edit.value as Instance]];
      const instance = edit.op === 'set' ? graph.instances?.[edit.instance] : undefined;
      // one value of several is set in the instance as it is: near enough to know its model
      if (edit.op !== 'set' || !instance || edit.index !== undefined) return [];
      return [[edit.instance, { ...instance, parameters: { ...instance.parameters, [edit.parameter]: edit.value } }]];
    });
    return found.length > 0 ? this.#learn(found, registry) : Promise.resolve();
  }

  /** Before a task is loaded. `keep` it when it is. */
  enter(task: string, registry: () => Registry, loaded: () => LoadedTask | undefined): Entry {
    const { costs, periodNs } = this.#options;
    const entry: Entry = {
      claim: new Claim(
        periodNs,
        () => loaded()?.transportState().playing ?? false,
        (node) => loaded()?.isAsleep(node) ?? false,
      ),
      coming: undefined,
      admit: (plan, graph) => {
        if (this.#options.limit === undefined) return;
        const prediction = predictLoad(plan, graph, registry(), costs, periodNs);
        const isActive = this.#entries.get(task) === entry && entry.claim.isActive;
        const load = (prediction.ns / periodNs) * (isActive ? entry.claim.ratio : LEAST_RATIO);
        if (!isActive) this.#refuseTooHeavy(task, load);
        // what does not grow takes from nobody
        const isMore = isActive && load > entry.claim.load;
        entry.coming = { prediction, place: isMore ? this.#place(task, 'edit', load, load) : undefined };
      },
    };
    return entry;
  }

  /** The task was loaded, or its edit taken: what it is going to cost counts from now on, and it goes where it has room. */
  async keep(task: string, entry: Entry): Promise<void> {
    const { coming } = entry;
    entry.coming = undefined;
    this.#entries.set(task, entry);
    if (!coming) return;
    entry.claim.prediction = coming.prediction;
    await this.#carryOut(task, coming.place);
  }

  /** Gives a task its place, which it has until `started`. Throws ENGINE_FULL. */
  async start(task: string): Promise<void> {
    const claim = this.#entries.get(task)?.claim;
    if (!claim || claim.isActive) return;
    const load = claim.predicted * claim.ratio;
    const place = this.#place(task, 'play', load, claim.predicted * LEAST_RATIO);
    claim.isStarting = true; // from now on nobody else gets its room
    await this.#carryOut(task, place);
  }

  /** It plays, or did not begin to. */
  started(task: string): void {
    const claim = this.#entries.get(task)?.claim;
    if (claim) claim.isStarting = false;
  }

  leave(task: string): void {
    this.#entries.delete(task);
  }

  /** What a task claims of its thread. */
  loadOf(task: string): number {
    return this.#entries.get(task)?.claim.load ?? 0;
  }

  /** What a task was predicted to take of a thread when all of it works. */
  predictedLoadOf(task: string): number {
    return this.#entries.get(task)?.claim.predicted ?? 0;
  }

  /** Once a second. steadyLoads: measured, by task. */
  observe(steadyLoads: ReadonlyMap<string, number | undefined>): void {
    for (const [task, { claim }] of this.#entries) claim.observe(steadyLoads.get(task));
  }

  #learn(instances: Iterable<[string, Instance]>, registry: Registry): Promise<void> {
    if (this.#options.limit === undefined) return Promise.resolve();
    return this.#options.costs.learn(costedInstances(instances, registry, portWidths));
  }

  async #carryOut(task: string, place: Place | undefined): Promise<void> {
    if (!place) return;
    const { threads } = this.#options;
    for (const move of place.moves) await threads.move(move.task, move.to);
    await threads.move(task, place.thread);
  }

  /** Throws ENGINE_FULL. */
  #place(task: string, doing: 'play' | 'edit', load: number, least: number): Place | undefined {
    const { threads, limit } = this.#options;
    if (limit === undefined) return undefined;
    const others: PlacedTask[][] = threads
      .tasksOf()
      .map((tasks) =>
        tasks.filter((other) => other !== task).map((other) => ({ task: other, load: this.loadOf(other) })),
      );
    const playing = others.map((tasks) => tasks.filter((other) => other.load > 0));
    const place = findPlace(playing, { load, least, thread: threads.threadOf(task) ?? 0 }, limit);
    if (!place) throw engineFull(task, doing, load, playing, limit);
    return place;
  }

  #refuseTooHeavy(task: string, load: number): void {
    const { limit } = this.#options;
    if (limit === undefined || load <= limit) return;
    throw new AudioCloudError(
      'TASK_TOO_HEAVY',
      `Cannot load task '${task}': it needs at least ${share(load)} of a render thread, and a thread gives ${share(limit)}; make it smaller, or divide it into tasks`,
      { task, needed: load, limit },
    );
  }
}

const share = (load: number): string => load.toFixed(load < 0.1 ? 3 : 2);

function engineFull(
  task: string,
  doing: 'play' | 'edit',
  needed: number,
  threads: readonly PlacedTask[][],
  limit: number,
): AudioCloudError {
  const loads = claimed(threads);
  const roomiest = loads.indexOf(Math.min(...loads));
  const free = Math.max(0, limit - loads[roomiest]!);
  const heaviest = [...threads[roomiest]!].sort((a, b) => b.load - a.load).slice(0, 3);
  const there = heaviest.map((one) => `${one.task} ${share(one.load)}`).join(', ');
  return new AudioCloudError(
    'ENGINE_FULL',
    `Cannot ${doing} task '${task}': it needs ${share(needed)} of a render thread, and the roomiest of ${threads.length}, render ${roomiest}, has ${share(free)} of ${share(limit)} free (${there || 'no other task plays there'}); stop another task, make this one smaller, or give the engine more render threads`,
    {
      task,
      needed,
      free,
      limit,
      thread: roomiest,
      threads: loads.map((load, thread) => ({
        name: `render ${thread}`,
        claimed: load,
        free: Math.max(0, limit - load),
        tasks: Object.fromEntries(threads[thread]!.map((one) => [one.task, one.load])),
      })),
    },
  );
}
