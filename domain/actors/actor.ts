/*
 * What converges to what is wanted of it - a task, a unit of hardware, an engine, a media job, a webhook - is an actor: a pure
 * step, without clock, network or store. ActorRuntime runs its effects and its one timer.
 */

export interface Step<State, Effect> {
  state: State;
  /** What is to be done, in this order. */
  effects: Effect[];
}

/** The time has come that `wakeAtMs` named. */
export interface Wake {
  type: 'wake';
}

export interface Actor<State, Event extends { type: string }, Effect> {
  /** The next state and what is to be done. [any] */
  step(state: State, event: Event | Wake, nowMs: number): Step<State, Effect>;
  /**
   * When something of this state is due: a retry, the end of a lease. Undefined for never. [any]
   *
   * Only what a `wake` at that time changes: it comes once for a time that is named again.
   */
  wakeAtMs(state: State): number | undefined;
  /** Effects of one lane run one after another, those of others beside them. Undefined: at once. [any] */
  laneOf(effect: Effect): string | undefined;
  /** After such an event the effects before it are of something that is gone: those that wait do not begin, no outcome counts. [any] */
  forgets?(event: Event | Wake): boolean;
}
