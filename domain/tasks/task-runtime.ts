import { asAudioCloudError, AudioCloudError, type TransportChange } from '@audiocloud/api';
import { ActorRuntime } from '../actors/actor-runtime.ts';
import type { Clock } from '../clock/clock.ts';
import type { UnitGrant } from '../instances/fixed-instances.ts';
import {
  type Actual,
  type Desired,
  ENGINE_LANE,
  isSettled,
  type TaskActor,
  type TaskActorEvent,
  type TaskEffect,
  taskActor,
} from './task-step.ts';

/** What the engine can be asked to do for one task; each gives what the engine then has. */
export interface TaskEffects {
  inspect(): Promise<Actual>;
  load(): Promise<Actual>;
  transport(change: TransportChange): Promise<Actual>;
  /** Settles when it is stored which units the task has. */
  keep(units: UnitGrant['units']): Promise<void>;
  release(): void;
  ended(): void;
}

/** What a request changed. */
export interface Settlement {
  desired: Desired;
  actual?: Actual;
  playheadSeconds?: number;
}

/** Runs the actor of one task, whose effects come one at a time and never during a request. [control] */
export class TaskRuntime {
  private readonly runtime: ActorRuntime<TaskActor, TaskActorEvent, TaskEffect>;
  private readonly effects: TaskEffects;

  /** @param changed called after every step that may have changed more than the playhead. */
  constructor(state: TaskActor, effects: TaskEffects, clock: Clock, changed: () => void) {
    this.effects = effects;
    this.runtime = new ActorRuntime({
      actor: taskActor,
      state,
      clock,
      run: (effect) => this.run(effect),
      failed: (_, error) => ({ type: 'failed', error: error.toJSON() }),
      // The playhead moves 30 times a second and changes nothing else.
      changed: ({ type }) => type === 'playhead' || changed(),
    });
  }

  get actor(): Readonly<TaskActor> {
    return this.runtime.state;
  }

  /** Nothing runs or waits to run. */
  get isIdle(): boolean {
    return this.runtime.isIdle;
  }

  send(event: TaskActorEvent): void {
    this.runtime.send(event);
  }

  /**
   * Settles when the engine has what is wanted. Throws ENGINE_UNAVAILABLE at once when there is no engine, and what
   * hinders it when a try has failed.
   */
  async settled(): Promise<void> {
    if (isSettled(this.actor)) return;
    if (this.actor.error) this.send({ type: 'retry' });
    while (!isSettled(this.actor)) {
      if (this.actor.error) throw AudioCloudError.from(this.actor.error);
      if (!this.actor.actual || this.runtime.isEnded)
        throw new AudioCloudError('ENGINE_UNAVAILABLE', 'The engine is away and is being started again');
      await this.runtime.next();
    }
  }

  /** Runs a request of a client alone. `settle` gives what is wanted afterwards, also when the request failed. */
  request<R>(work: () => Promise<R>, settle: (failure?: AudioCloudError) => Settlement): Promise<R> {
    return this.runtime.inLane(ENGINE_LANE, async () => {
      this.send({ type: 'hold' });
      let failure: AudioCloudError | undefined;
      try {
        return await work();
      } catch (thrown) {
        failure = asAudioCloudError(thrown);
        throw thrown;
      } finally {
        this.send({ type: 'settle', ...settle(failure) });
      }
    });
  }

  end(): void {
    void this.runtime.end();
  }

  private run(effect: TaskEffect): Promise<TaskActorEvent> | undefined {
    if (effect.kind === 'ended' || effect.kind === 'release') {
      this.effects[effect.kind]();
      return undefined;
    }
    if (effect.kind === 'keep')
      return this.effects.keep(effect.units).then(() => ({ type: 'kept', units: effect.units }));
    return this.ask(effect).then((actual) => ({ type: 'done', actual }));
  }

  private ask(effect: Exclude<TaskEffect, { kind: 'ended' | 'release' | 'keep' }>): Promise<Actual> {
    if (effect.kind === 'inspect') return this.effects.inspect();
    if (effect.kind === 'load') return this.effects.load();
    return this.effects.transport(effect.change);
  }
}
