import { type AudioCloudError, asAudioCloudError } from '@audiocloud/api';
import type { Cancel, Clock } from '../clock/clock.ts';
import type { Actor, Wake } from './actor.ts';

export interface RuntimeOptions<State, Event extends { type: string }, Effect> {
  actor: Actor<State, Event, Effect>;
  state: State;
  clock: Clock;
  /** Does what an effect says; what comes of it is the next event. */
  run(effect: Effect): Promise<Event | undefined> | undefined;
  /** The event of an effect that threw. */
  failed(effect: Effect, error: AudioCloudError): Event | undefined;
  /** Called after each step, when its effects are on their way. */
  changed?(event: Event | Wake): void;
}

/**
 * Runs one actor: its steps one after another, its effects in their lanes, one timer for what is due next. [control]
 *
 * An event that comes during a step follows it. At rest it costs no timer.
 */
export class ActorRuntime<State, Event extends { type: string }, Effect> {
  readonly #options: RuntimeOptions<State, Event, Effect>;
  readonly #lanes = new Map<string, Promise<unknown>>();
  readonly #events: (Event | Wake)[] = [];
  #state: State;
  #isStepping = false;
  #isEnded = false;
  /** Counts events after which effects are forgotten. */
  #era = 0;
  #works = 0;
  #armedMs: number | undefined;
  #cancelWake: Cancel = () => undefined;
  /** At least this time it is for the actor: a clock that jumps back must not put off what is due. */
  #dueMs = Number.NEGATIVE_INFINITY;
  #waiting: (() => void)[] = [];

  constructor(options: RuntimeOptions<State, Event, Effect>) {
    this.#options = options;
    this.#state = options.state;
    this.#arm(options.clock.now());
  }

  get state(): Readonly<State> {
    return this.#state;
  }

  /** Nothing runs or waits to run. */
  get isIdle(): boolean {
    return this.#works === 0;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  send(event: Event | Wake): void {
    if (this.#isEnded) return;
    this.#events.push(event);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#events.shift(); next && !this.#isEnded; next = this.#events.shift()) this.#step(next);
    } finally {
      this.#isStepping = false;
    }
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Settles after the next step, or when the actor has ended. */
  next(): Promise<void> {
    if (this.#isEnded) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Does some work alone in a lane, behind what is there already. */
  inLane<R>(lane: string, work: () => Promise<R>): Promise<R> {
    this.#works += 1;
    const done = (this.#lanes.get(lane) ?? Promise.resolve()).then(work).finally(() => {
      this.#works -= 1;
      if (this.#lanes.get(lane) === tail) this.#lanes.delete(lane);
    });
    const tail = done.catch(() => undefined);
    this.#lanes.set(lane, tail);
    return done;
  }

  /** No effect begins and no outcome counts after this. Settles when nothing runs any more. */
  async end(): Promise<void> {
    this.#isEnded = true;
    this.#cancelWake();
    for (const wake of this.#waiting.splice(0)) wake();
    await Promise.all(this.#lanes.values());
  }

  #step(event: Event | Wake): void {
    const { actor, clock, changed } = this.#options;
    if (actor.forgets?.(event)) this.#era += 1;
    const nowMs = event.type === 'wake' ? Math.max(clock.now(), this.#dueMs) : clock.now();
    const { state, effects } = actor.step(this.#state, event, nowMs);
    this.#state = state;
    this.#arm(nowMs);
    for (const effect of effects) this.#perform(effect);
    changed?.(event);
  }

  /** nowMs: what the time is for the actor that named when it is due. */
  #arm(nowMs: number): void {
    const { actor, clock } = this.#options;
    const atMs = actor.wakeAtMs(this.#state);
    if (atMs === this.#armedMs) return;
    this.#cancelWake();
    this.#armedMs = atMs;
    if (atMs === undefined || this.#isEnded) return;
    this.#cancelWake = clock.after(atMs - nowMs, () => {
      this.#dueMs = atMs;
      this.send({ type: 'wake' });
    });
  }

  #perform(effect: Effect): void {
    const { actor, run, failed } = this.#options;
    const era = this.#era;
    const isForgotten = () => this.#isEnded || this.#era !== era;
    const work = async () => {
      if (isForgotten()) return;
      const event = await Promise.resolve(run(effect)).catch((thrown) => failed(effect, asAudioCloudError(thrown)));
      if (event && !isForgotten()) this.send(event);
    };
    const lane = actor.laneOf(effect);
    if (lane === undefined) void work();
    else void this.inLane(lane, work);
  }
}
