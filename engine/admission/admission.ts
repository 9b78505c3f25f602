import { AudioCloudError, type EngineFullDetails, type GraphEdit, type Instance, type Task } from '@audiocloud/api';
import { portWidths } from '../plan/graph-nodes.ts';
import type { Plan } from '../plan/plan.ts';
import type { Registry } from '../registry/registry.ts';
import type { LoadOptions } from '../task/load-options.ts';
import type { LoadedTask } from '../task/loaded-task.ts';
import type { Turn } from '../thread/load-turns.ts';
import { Claim } from './claim.ts';
import type { CostCache } from './cost-cache.ts';
import { costFile } from './cost-signature.ts';
import type { ModelCosts } from './model-costs.ts';
import { costedInstances, type Prediction, predictLoad } from './predict-load.ts';
import { middle } from './middle.ts';
import { findPlace, type Place, type TakenThread, taken } from './room.ts';
import { type KnownSteadiness, Steadiness } from './steadiness.ts';
import { ThreadLoads } from './thread-loads.ts';

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
  /** Blocks that the device has in store. */
  bufferBlocks: number;
  /** Where what is learned of the machine's steadiness is kept. */
  cache: CostCache<KnownSteadiness>;
}

/** What the last second brought. */
export interface MeasuredLoads {
  tasks: ReadonlyMap<string, readonly Turn[]>;
  threads: readonly (readonly Turn[])[];
  /** Of waking the threads. */
  waking: readonly Turn[];
  /** All threads have real-time scheduling: what was measured of them is theirs, and not of others whom the system let run. */
  isRealTime: boolean;
}

/**
 * Tasks claim so many times what was predicted while nothing is measured of any: where machines share a processor, the same
 * block was seen to take from 50 to 100 us within a minute.
 */
const UNKNOWN_RATIO = 2;
/** A prediction may be so far off: a thread without a playing task takes a task of which so much fits. */
const ALONE_RATIO = 0.5;
/** More by less than this is the same. */
const ROUNDING = 1e-9;
/** Its name in the cache. */
export const STEADINESS = costFile([], ['steadiness']);
const SAVE_SECONDS = 60;

interface Coming {
  plan: Plan;
  graph: Task;
  prediction: Prediction;
  place: Place | undefined;
}

/** What one loaded task has to do with admission. */
export interface Entry {
  claim: Claim;
  /** Given to LoadedTask: it is asked before a plan is taken. */
  admit: LoadOptions['admit'] & {};
  /** What was admitted last, until it is kept. */
  coming: Coming | undefined;
  kept: Coming | undefined;
}

/**
 * Decides which tasks may play: those whose predicted loads fit the render threads together. [control]
 *
 * A stopped task claims nothing. Whoever gets a place keeps it: a task is refused before it takes from another.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #threadLoads: ThreadLoads;
  readonly #steadiness: Steadiness;
  #lastUsualRatio = UNKNOWN_RATIO;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#threadLoads = new ThreadLoads(options.bufferBlocks);
    this.#steadiness = new Steadiness(options.cache.read(STEADINESS));
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
        () => this.#usualRatio,
        () => this.#steadiness.spread,
      ),
      coming: undefined,
      kept: undefined,
      admit: (plan, graph, isAsked) => {
        if (this.#options.limit === undefined) return;
        const predict = (part: { plan: Plan; graph: Task }) =>
          predictLoad(part.plan, part.graph, registry(), costs, periodNs);
        const prediction = predict({ plan, graph });
        const isActive = this.#entries.get(task) === entry && entry.claim.isActive;
        const load = (prediction.ns / periodNs) * (isActive ? entry.claim.ratio : ALONE_RATIO);
        if (isAsked && !isActive) this.#refuseTooHeavy(task, load);
        // what does not grow takes from nobody; costs may have become known since, so both are predicted now
        const isMore = (): boolean => !entry.kept || prediction.ns > predict(entry.kept).ns * (1 + ROUNDING);
        const needsPlace = isAsked && isActive && load > entry.claim.load * (1 + ROUNDING) && isMore();
        // a thread for itself: then it alone suffers from a slow spell
        const seen = entry.claim.isMeasured ? (prediction.ns / periodNs) * entry.claim.seenRatio : load;
        const place = needsPlace ? this.#place(task, 'edit', load, seen) : undefined;
        entry.coming = { plan, graph, prediction, place };
      },
    };
    return entry;
  }

  /** Throws what `admit` would refuse a plan with; the entry stays as it is. */
  ask(entry: Entry, ...[plan, graph, isAsked]: Parameters<Entry['admit']>): void {
    const { coming } = entry;
    try {
      entry.admit(plan, graph, isAsked);
    } finally {
      entry.coming = coming;
    }
  }

  /** The task was loaded, or a plan of it taken: what it is going to cost counts from now on, and it goes where it has room. */
  async keep(task: string, entry: Entry): Promise<void> {
    const { coming } = entry;
    entry.coming = undefined;
    this.#entries.set(task, entry);
    if (!coming) return;
    entry.kept = coming;
    entry.claim.prediction = coming.prediction;
    await this.#carryOut(task, coming.place);
  }

  /** Gives a task its place, which it has until `started`. Throws ENGINE_FULL. */
  async start(task: string): Promise<void> {
    const claim = this.#entries.get(task)?.claim;
    if (!claim || claim.isActive) return;
    const load = claim.predicted * claim.ratio;
    const place = this.#place(task, 'play', load, claim.predicted * ALONE_RATIO);
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

  /** Share of a block that passes between the device and the threads, 0 to 0.25; 0 while that is not known. */
  get wakingLoad(): number {
    return this.#threadLoads.waking;
  }

  /** A task may take so many times as long as in its quickest second, 1 to 2. */
  get paceSpread(): number {
    return this.#steadiness.spread;
  }

  /** Once a second. */
  observe({ tasks, threads, waking, isRealTime }: MeasuredLoads): void {
    for (const [task, { claim }] of this.#entries) {
      const turns = (tasks.get(task) ?? []).map(({ mean }) => mean);
      // where others may run in a thread's place, the turn that took least is the nearest to what the task needs
      claim.observe(isRealTime ? middle(turns) : turns.length > 0 ? Math.min(...turns) : undefined);
    }
    if (!isRealTime) {
      this.#threadLoads.forget();
      return;
    }
    this.#observeSpreads();
    this.#threadLoads.observeWaking(waking);
    this.#options.threads.tasksOf().forEach((names, thread) => {
      const playing = new Set(names.filter((task) => this.loadOf(task) > 0));
      this.#threadLoads.observe(thread, playing, threads[thread] ?? []);
    });
  }

  #observeSpreads(): void {
    const steadiness = this.#steadiness;
    const before = steadiness.known.seconds;
    steadiness.observe(
      [...this.#entries.values()].flatMap(({ claim }) => (claim.isActive ? (claim.seenSpread ?? []) : [])),
    );
    const { known } = steadiness;
    if (known.seconds > before && known.seconds % SAVE_SECONDS === 0) this.#options.cache.write(STEADINESS, known);
  }

  /** By how much tasks take more than was predicted, of all those of which it is known; else as it was when it was known. */
  get #usualRatio(): number {
    let [load, predicted] = [0, 0];
    for (const { claim } of this.#entries.values()) {
      if (!claim.isMeasured || !claim.isActive) continue;
      load += claim.load;
      predicted += claim.predicted;
    }
    if (predicted > 0) this.#lastUsualRatio = load / predicted;
    return this.#lastUsualRatio;
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
    const others = threads.tasksOf().map((tasks, thread): TakenThread => {
      const playing = tasks.map((other) => ({ task: other, load: this.loadOf(other) })).filter(({ load }) => load > 0);
      const beyond = this.#threadLoads.beyond(thread, (other) => this.loadOf(other));
      return { tasks: playing.filter((other) => other.task !== task), beyond };
    });
    const { waking } = this.#threadLoads;
    const gives = limit * (1 - waking);
    const place = findPlace(others, { load, least, thread: threads.threadOf(task) ?? 0 }, gives);
    if (!place)
      throw engineFull({ task, doing, needed: load, threads: others, limit, waking, gives, spread: this.paceSpread });
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

interface Full {
  task: string;
  doing: 'play' | 'edit';
  needed: number;
  threads: readonly TakenThread[];
  limit: number;
  waking: number;
  /** What of a thread may be taken. */
  gives: number;
  /** What a task may take by its quickest second. */
  spread: number;
}

function engineFull({ task, doing, needed, threads, limit, waking, gives, spread }: Full): AudioCloudError {
  const loads = taken(threads);
  const roomiest = loads.indexOf(Math.min(...loads));
  const { tasks, beyond } = threads[roomiest]!;
  const free = Math.max(0, gives - loads[roomiest]!);
  const claimed = tasks.reduce((sum, { load }) => sum + load, 0);
  const there: string[] = [];
  // who plays there stands in the details alone: the message goes to clients who may not know of each other
  if (tasks.length > 0)
    there.push(`${tasks.length === 1 ? '1 task claims' : `${tasks.length} tasks claim`} ${share(claimed)}`);
  if (beyond > 0) there.push(`beyond what its tasks claim ${share(beyond)}`);
  const wakes = waking > 0 ? `, waking the threads takes ${share(waking)} of each block` : '';
  const paces =
    spread > 1.005
      ? `; kept for slow spells of this machine: up to ${spread.toFixed(2)} times the quickest second`
      : '';
  return new AudioCloudError(
    'ENGINE_FULL',
    `Cannot ${doing} task '${task}': it needs ${share(needed)} of a render thread, and the roomiest of ${threads.length}, render ${roomiest}, has ${share(free)} of ${share(gives)} free (${there.join(', ') || 'no other task plays there'}${wakes}${paces}); stop another task, make this one smaller, or give the engine more render threads`,
    {
      task,
      needed,
      free,
      limit,
      waking,
      spread,
      thread: roomiest,
      threads: loads.map((load, thread) => ({
        name: `render ${thread}`,
        claimed: load,
        beyond: threads[thread]!.beyond,
        free: Math.max(0, gives - load),
        tasks: Object.fromEntries(threads[thread]!.tasks.map((one) => [one.task, one.load])),
      })),
    } satisfies EngineFullDetails,
  );
}
