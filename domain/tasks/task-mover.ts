import { asAudioCloudError, AudioCloudError, type TaskDocument } from '@audiocloud/api';
import type { Cancel } from '../clock/clock.ts';
import type { RegisteredEngine } from '../engine/registered-engine.ts';
import { type Cause, causeBy } from '../events/cause.ts';
import type { ActiveTask } from './active-task.ts';
import type { MoveReason } from './task-moving.ts';
import type { TaskContext } from './task-context.ts';

/** A little after what is waited for, so that it is over then. */
const AFTERWARDS_MS = 50;

/** Has tasks go to other engines: from those that drain, that are lost, or that cannot have them. [control] */
export class TaskMover {
  readonly #context: TaskContext;
  readonly #tasks: () => Iterable<ActiveTask>;
  readonly #unlisten: () => void;
  /** Since when engines are away. */
  readonly #awaySinceMs = new WeakMap<RegisteredEngine, number>();
  readonly #timers = new Set<Cancel>();
  #isLooking = false;
  #isToLookAgain = false;
  #isClosed = false;

  constructor(context: TaskContext, tasks: () => Iterable<ActiveTask>) {
    this.#context = context;
    this.#tasks = tasks;
    for (const engine of context.engines.list) if (!engine.engine.isUp) this.#isAway(engine);
    this.#unlisten = context.engines.listen({
      up: (engine) => {
        this.#awaySinceMs.delete(engine);
        this.look();
      },
      down: (engine) => this.#isAway(engine),
      changed: () => this.look(),
    });
  }

  /** By hand. Throws ENGINE_UNKNOWN, ENGINE_UNAVAILABLE, what placing refuses with, and what the engine refuses with. */
  async move(task: ActiveTask, to: string | undefined, cause: Cause): Promise<TaskDocument> {
    const { engines, placement } = this.#context;
    const before = task.site.engineId;
    const target =
      to === undefined ? placement.choose(task.site, before === undefined ? {} : { except: before }) : engines.get(to);
    if (!target.engine.isUp)
      throw new AudioCloudError('ENGINE_UNAVAILABLE', `Cannot move task ${task.id}: engine ${target.id} is away`, {
        engine: target.id,
      });
    if (target.id === before)
      throw new AudioCloudError('REQUEST_INVALID', `Cannot move task ${task.id}: engine ${target.id} has it already`);
    if (to !== undefined) placement.requireFit(task.site, target.id);
    return task.site.isUp ? task.move(target, 'asked', cause) : task.settle(target, 'asked', cause);
  }

  /** Looks at all tasks in use, one after another; what cannot move now is looked at again later. */
  look(): void {
    this.#isToLookAgain = true;
    if (!this.#isLooking) void this.#lookAll();
  }

  close(): void {
    this.#isClosed = true;
    this.#unlisten();
    for (const cancel of this.#timers) cancel();
  }

  #isAway(engine: RegisteredEngine): void {
    if (this.#awaySinceMs.has(engine)) return;
    const { clock, lossMs } = this.#context;
    this.#awaySinceMs.set(engine, clock.now());
    const cancel = clock.after(lossMs + AFTERWARDS_MS, () => {
      this.#timers.delete(cancel);
      this.look();
    });
    this.#timers.add(cancel);
  }

  async #lookAll(): Promise<void> {
    this.#isLooking = true;
    while (this.#isToLookAgain && !this.#isClosed) {
      this.#isToLookAgain = false;
      for (const task of [...this.#tasks()]) {
        if (this.#isClosed) return;
        const why = this.#whyLeave(task);
        if (why) await this.#leave(task, why);
      }
    }
    this.#isLooking = false;
  }

  #whyLeave(task: ActiveTask): MoveReason | undefined {
    const { engines, placement, clock, lossMs } = this.#context;
    const { engine } = task;
    if (!engine) return 'placed';
    if (engines.find(engine.id) !== engine) return 'lost';
    if (engine.desired === 'draining') return 'drained';
    const sinceMs = this.#awaySinceMs.get(engine);
    if (sinceMs !== undefined && clock.now() - sinceMs >= lossMs) return 'lost';
    const isRefused = engine.engine.isUp && task.hindrance !== undefined;
    return isRefused && placement.hindrance(task.site, engine.id)?.isLasting ? 'placed' : undefined;
  }

  async #leave(task: ActiveTask, why: MoveReason): Promise<void> {
    const { placement, logger } = this.#context;
    const { engine } = task;
    try {
      const target = placement.choose(task.site, engine ? { except: engine.id } : {});
      if (!target.engine.isUp) return;
      if (engine?.engine.isUp && why !== 'lost') await task.move(target, why, causeBy());
      else await task.settle(target, why, causeBy());
    } catch (error) {
      logger.debug({ error: asAudioCloudError(error).toJSON(), task: task.id }, 'task stays where it is');
    }
  }
}
