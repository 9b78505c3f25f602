import { PluginMemory } from '../plugin/plugin-memory.ts';
import { INSTANCE_RECORD, MUTED_BY, MUTED_BY_DAMAGE, MUTED_BY_GUARD } from '../render/program.ts';
import type { TaskImage } from '../render/task-image.ts';
import { FaultHistory } from './fault-history.ts';
import type { TaskInstance } from './task-instance.ts';
import type { TaskMemories } from './task-memories.ts';

/** Pieces of each memory whose guards are looked at in one look: at 25 looks a second, all of 5,000 within half a second. */
const PIECES_IN_A_LOOK = 512;
const WEDGED = MUTED_BY.indexOf('thread wedged');
/** A wedged thread costs all its tasks their sound for some blocks, so it counts for two faults. */
const WEDGED_WEIGHT = 2;

/** What recovery asks of its task. */
export interface FaultyTask {
  instances(): ReadonlyMap<string, TaskInstance>;
  readonly memories: TaskMemories;
  /** TaskShared.activity: while it stays, nothing has been called or written on the render side. */
  activity(): number;
  /** Whether the renderer has the plan now in use, and there is room for a command. */
  canRestart(): boolean;
  /** Has a fresh instance put into the place of one at the next block. False: only a new plan can take it. Throws INSTANCE_FAILED. */
  restart(instance: TaskInstance): boolean;
  /** Makes instances anew by a new plan, none in the memory `left`. Throws what an edit throws; then all is as before. */
  renew(isWanted: (instance: TaskInstance) => boolean, left: number | undefined): TaskImage;
  /** A fault was found. */
  onFault?: ((instance: TaskInstance, history: FaultHistory) => void) | undefined;
}

/** What a look led to. */
export interface Recovered {
  /** The state of some instance is another one. */
  isChanged: boolean;
  /** A new plan, to be sent to the renderer. */
  image: TaskImage | undefined;
}

/**
 * Starts again what has failed in one task, with back-off, and puts into quarantine what fails again and again. [control]
 *
 * A fault of an instance is its own: a fresh one takes its place at a block boundary. Where something was written that is
 * nobody's to write, nothing in that memory is to be trusted: all its instances are made anew in another one.
 */
export class FaultRecovery {
  readonly #task: FaultyTask;
  readonly #histories = new Map<TaskInstance, FaultHistory>();
  /** Memories to be left. */
  readonly #damaged = new Set<number>();
  /** Memories that could not be left: nothing in them is started again. */
  readonly #lost = new Set<number>();
  #isChanged = false;
  /** The instances whose faults were counted last, and the activity then. */
  #noticed: ReadonlyMap<string, TaskInstance> | undefined;
  #noticedAt = -1;
  /** The activity when guards were looked at last, and the looks that are left until all have been since. */
  #inspectedAt = -1;
  #looksToDo = 0;

  constructor(task: FaultyTask) {
    this.#task = task;
  }

  /** Undefined for an instance that never failed. */
  historyOf(instance: TaskInstance): FaultHistory | undefined {
    return this.#histories.get(instance);
  }

  /** Whether a look would find nothing: nothing ever failed, and nothing has worked since all was looked at. */
  get isAtRest(): boolean {
    const activity = this.#task.activity();
    return (
      this.#looksToDo === 0 &&
      this.#histories.size === 0 &&
      this.#damaged.size === 0 &&
      this.#inspectedAt === activity &&
      this.#noticedAt === activity &&
      this.#noticed === this.#task.instances()
    );
  }

  /** Finds what has failed, and starts again what is due. nowSeconds: as FaultHistory's. */
  look(nowSeconds: number): Recovered {
    this.#isChanged = false;
    this.#notice(nowSeconds);
    this.#inspect(nowSeconds);
    let image: TaskImage | undefined;
    if (this.#task.canRestart()) image = this.#leave(nowSeconds) ?? this.#restartDue(nowSeconds);
    return { isChanged: this.#isChanged, image };
  }

  /** Somebody wants these to run: they are started at the next look, whatever they did. */
  lift(instances: Iterable<TaskInstance>): void {
    for (const instance of instances) {
      const history = this.#histories.get(instance);
      if (!history || !isMuted(instance)) continue;
      history.lift();
      if (this.#lost.delete(instance.memory)) this.#damaged.add(instance.memory); // once more
    }
  }

  /** Starts at once whatever is muted, because play is about to begin; what needs a new plan is started by the next look. */
  beforePlay(nowSeconds: number): void {
    this.#notice(nowSeconds);
    this.lift(this.#histories.keys());
    for (const history of this.#histories.values()) history.cause = '';
    for (const [instance, history] of this.#histories)
      if (history.dueSeconds !== undefined && this.#task.canRestart() && !this.#damaged.has(instance.memory))
        this.#replace(instance, history);
  }

  /** Counts the faults since the look before. */
  #notice(nowSeconds: number): void {
    const instances = this.#task.instances();
    const activity = this.#task.activity();
    if (activity === this.#noticedAt && instances === this.#noticed) return;
    this.#noticedAt = activity;
    this.#noticed = instances;
    const words = this.#task.memories.list.map(({ views }) => views.u32);
    for (const instance of instances.values()) {
      const faults = words[instance.memory]![(instance.record + INSTANCE_RECORD.faults) >>> 2]!;
      if (faults === instance.knownFaults) continue;
      instance.knownFaults = faults;
      const mutedBy = instance.recordWord(INSTANCE_RECORD.mutedBy);
      if (mutedBy === MUTED_BY_GUARD) this.#damage(instance.memory);
      this.#fault(instance, mutedBy, nowSeconds);
    }
    for (const [instance, history] of this.#histories) {
      if (instances.get(instance.name) !== instance) this.#histories.delete(instance);
      else if ((history.isQuarantined || history.dueSeconds !== undefined) && !isMuted(instance)) history.runs();
    }
  }

  /** Looks for what was written where it is nobody's to write, by place where that tells whose fault it is. */
  #inspect(nowSeconds: number): void {
    const { memories } = this.#task;
    const activity = this.#task.activity();
    if (activity !== this.#inspectedAt) {
      this.#inspectedAt = activity;
      this.#looksToDo = 0;
      for (const memory of memories.list)
        if (memory instanceof PluginMemory)
          this.#looksToDo = Math.max(this.#looksToDo, 1 + Math.ceil((memory.pieces + 1) / PIECES_IN_A_LOOK));
    }
    if (this.#looksToDo === 0) return; // all is as it was when each piece was looked at
    this.#looksToDo -= 1;
    memories.list.forEach((memory, index) => {
      if (!(memory instanceof PluginMemory) || memories.isLeft(index) || this.#lost.has(index)) return;
      const broken = memory.overwritten(PIECES_IN_A_LOOK);
      if ((broken.length === 0 && !memory.hasGrownAlone) || this.#damaged.has(index)) return;
      this.#damage(index);
      const inside = [...this.#task.instances().values()].filter((instance) => instance.memory === index);
      const guilty = inside.filter((instance) => broken.some((address) => instance.isGuardedBy(address)));
      for (const instance of guilty) this.#blame(instance, MUTED_BY_GUARD, nowSeconds);
      if (guilty.length > 0) return;
      for (const instance of inside)
        if (!this.#histories.get(instance)?.isQuarantined) this.#blame(instance, MUTED_BY_DAMAGE, nowSeconds);
    });
  }

  #damage(memory: number): void {
    if (!this.#lost.has(memory)) this.#damaged.add(memory);
  }

  #blame(instance: TaskInstance, mutedBy: number, nowSeconds: number): void {
    instance.mute(mutedBy, true);
    instance.knownFaults += 1;
    const history = this.#fault(instance, mutedBy, nowSeconds);
    // nobody knows whose fault it was: they are not kept waiting
    if (mutedBy === MUTED_BY_DAMAGE && !history.isQuarantined) history.dueSeconds = nowSeconds;
  }

  #fault(instance: TaskInstance, mutedBy: number, nowSeconds: number): FaultHistory {
    const history = this.#histories.get(instance) ?? new FaultHistory();
    this.#histories.set(instance, history);
    history.fault(nowSeconds, MUTED_BY[mutedBy] ?? 'trap', mutedBy === WEDGED ? WEDGED_WEIGHT : 1);
    this.#isChanged = true;
    this.#task.onFault?.(instance, history);
    return history;
  }

  /** Leaves one damaged memory. */
  #leave(nowSeconds: number): TaskImage | undefined {
    const { memories } = this.#task;
    for (const left of this.#damaged) {
      this.#damaged.delete(left);
      if (memories.isLeft(left)) continue;
      const before = [...this.#task.instances().values()].filter(({ memory }) => memory === left);
      try {
        const image = this.#task.renew(({ memory }) => memory === left, left);
        for (const instance of before) this.#renewed(instance, nowSeconds);
        return image;
      } catch (error) {
        this.#lost.add(left);
        for (const instance of before) this.#giveUp(instance, error);
      }
    }
    return undefined;
  }

  #restartDue(nowSeconds: number): TaskImage | undefined {
    for (const [instance, history] of this.#histories) {
      if (history.dueSeconds === undefined || history.dueSeconds > nowSeconds) continue;
      if (!this.#task.canRestart()) return undefined;
      this.#isChanged = true;
      if (this.#replace(instance, history)) continue;
      try {
        const image = this.#task.renew((one) => one === instance, undefined);
        this.#renewed(instance, nowSeconds);
        return image;
      } catch (error) {
        this.#giveUp(instance, error);
      }
    }
    return undefined;
  }

  /** False when only a new plan can take the fresh one. */
  #replace(instance: TaskInstance, history: FaultHistory): boolean {
    if (this.#lost.has(instance.memory)) {
      history.giveUp(history.cause);
      return true;
    }
    try {
      if (!this.#task.restart(instance)) return false;
      history.restarted();
    } catch (error) {
      this.#giveUp(instance, error);
    }
    return true;
  }

  /** Another one has its name and its history now. What ran goes on, and what is due begins; the rest stays muted. */
  #renewed(before: TaskInstance, nowSeconds: number): void {
    const instance = this.#task.instances().get(before.name)!;
    const history = this.#histories.get(before) ?? new FaultHistory();
    this.#histories.delete(before);
    this.#histories.set(instance, history);
    instance.inherit(before);
    const isDue = history.dueSeconds !== undefined && history.dueSeconds <= nowSeconds;
    if (isMuted(before) && !isDue) return;
    instance.unmute();
    history.restarted();
  }

  #giveUp(instance: TaskInstance, error: unknown): void {
    const history = this.#histories.get(instance) ?? new FaultHistory();
    this.#histories.set(instance, history);
    instance.mute(MUTED_BY_DAMAGE, false);
    history.giveUp(`it cannot be started again: ${(error as Error).message}`);
  }
}

function isMuted(instance: TaskInstance): boolean {
  return instance.recordWord(INSTANCE_RECORD.muted) !== 0;
}
