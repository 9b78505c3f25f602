import { asAudioCloudError, AudioCloudError, type TransportChange } from '@audiocloud/api';
import type { Cancel, Clock } from '../clock/clock.ts';
import {
  type Actual,
  type Desired,
  isSettled,
  stepTask,
  type TaskActor,
  type TaskActorEvent,
  type TaskEffect,
} from './task-step.ts';

/** What the engine can be asked to do for one task; each gives what the engine then has. */
export interface TaskEffects {
  inspect(): Promise<Actual>;
  load(): Promise<Actual>;
  transport(change: TransportChange): Promise<Actual>;
  ended(): void;
}

/** What a request changed. */
export interface Settlement {
  desired: Desired;
  actual?: Actual;
  playheadSeconds?: number;
}

/**
 * Runs the effects of one actor, one at a time and never during a request. [control]
 *
 * An effect that the engine did not survive is forgotten: its outcome belongs to an engine that is gone.
 */
export class ActorRuntime {
  private state: TaskActor;
  private readonly effects: TaskEffects;
  private readonly clock: Clock;
  private readonly changed: () => void;
  private tail: Promise<unknown> = Promise.resolve();
  private pendingWork = 0;
  private current: object | undefined;
  private cancelWake: Cancel = () => undefined;
  private waiting: (() => void)[] = [];
  private isEnded = false;

  /** @param changed called after every step that may have changed more than the playhead. */
  constructor(state: TaskActor, effects: TaskEffects, clock: Clock, changed: () => void) {
    this.state = state;
    this.effects = effects;
    this.clock = clock;
    this.changed = changed;
  }

  get actor(): Readonly<TaskActor> {
    return this.state;
  }

  /** Nothing runs or waits to run. */
  get isIdle(): boolean {
    return this.pendingWork === 0;
  }

  send(event: TaskActorEvent): void {
    if (this.isEnded) return;
    if (event.type === 'engine-up' || event.type === 'engine-down') this.current = undefined;
    const { state, effects } = stepTask(this.state, event, this.clock.now());
    this.state = state;
    for (const effect of effects) this.perform(effect);
    // The playhead moves 30 times a second and changes nothing else.
    if (event.type === 'playhead') return;
    this.changed();
    for (const wake of this.waiting.splice(0)) wake();
  }

  /**
   * Settles when the engine has what is wanted. Throws ENGINE_UNAVAILABLE at once when there is no engine, and what
   * hinders it when a try has failed.
   */
  async settled(): Promise<void> {
    if (isSettled(this.state)) return;
    if (this.state.error) this.send({ type: 'retry' });
    while (!isSettled(this.state)) {
      if (this.state.error) throw AudioCloudError.from(this.state.error);
      if (!this.state.actual || this.isEnded)
        throw new AudioCloudError('ENGINE_UNAVAILABLE', 'The engine is away and is being started again');
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  /** Runs a request of a client alone. `settle` gives what is wanted afterwards, also when the request failed. */
  request<R>(work: () => Promise<R>, settle: (failure?: AudioCloudError) => Settlement): Promise<R> {
    return this.enqueue(async () => {
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
    this.isEnded = true;
    this.cancelWake();
    for (const wake of this.waiting.splice(0)) wake();
  }

  private perform(effect: TaskEffect): void {
    if (effect.kind === 'ended') this.effects.ended();
    else if (effect.kind === 'wake') {
      this.cancelWake();
      this.cancelWake = this.clock.after(effect.atMs - this.clock.now(), () => this.send({ type: 'wake' }));
    } else {
      const token = {};
      this.current = token;
      void this.enqueue(async () => {
        if (this.current !== token || this.isEnded) return;
        const event: TaskActorEvent = await this.run(effect).then(
          (actual) => ({ type: 'done', actual }),
          (thrown) => ({ type: 'failed', error: asAudioCloudError(thrown).toJSON() }),
        );
        if (this.current === token) this.send(event);
      });
    }
  }

  private run(effect: Exclude<TaskEffect, { kind: 'wake' | 'ended' }>): Promise<Actual> {
    if (effect.kind === 'inspect') return this.effects.inspect();
    if (effect.kind === 'load') return this.effects.load();
    return this.effects.transport(effect.change);
  }

  private enqueue<R>(work: () => Promise<R>): Promise<R> {
    this.pendingWork++;
    const done = this.tail.then(work).finally(() => this.pendingWork--);
    this.tail = done.catch(() => undefined);
    return done;
  }
}
