import type { LiveEvent, LiveMessage, TaskState } from '@audiocloud/api';
import { type Cause, originOf } from '../events/cause.ts';
import { EventLog, type NewLiveEvent } from './event-log.ts';
import { stateText } from './task-state.ts';

export type MetersMessage = Extract<LiveMessage, { type: 'meters' }>;
export type CountersMessage = Extract<LiveMessage, { type: 'counters' }>;
export type GuardMessage = Extract<LiveMessage, { type: 'guard' }>;
export type PushedMessage = Extract<LiveMessage, { type: 'pushed' }>;

/** Somebody who follows a task. All of them are given the same objects, which never change. */
export interface TaskFollower {
  event(event: LiveEvent): void;
  meters(message: MetersMessage): void;
  /** Once a second. */
  counters(message: CountersMessage): void;
  guard(message: GuardMessage): void;
  /** Once a second, of each track that sound is pushed into. */
  pushed?(message: PushedMessage): void;
  /** The graph is another one: events do not tell the way there. */
  replaced(): void;
  /** The engine has the task (again): streams of the engine before are gone. */
  loaded(): void;
}

/** Those who follow a task, and what they were told. One who leaves or comes meanwhile disturbs nobody. [control] */
export class TaskFollowers {
  readonly log: EventLog;
  readonly #followers = new Set<TaskFollower>();
  /** The last state that they were told. */
  #toldState = '';

  constructor(nowMs: number) {
    this.log = new EventLog(nowMs);
  }

  get isEmpty(): boolean {
    return this.#followers.size === 0;
  }

  /** Returns how to leave. */
  add(follower: TaskFollower): () => void {
    this.#followers.add(follower);
    return () => void this.#followers.delete(follower);
  }

  clear(): void {
    this.#followers.clear();
  }

  /** Returns the number of the event. */
  event(event: NewLiveEvent): number {
    const numbered = this.log.add(event);
    for (const follower of [...this.#followers]) follower.event(numbered);
    return numbered.sequence;
  }

  /** Whoever comes now finds this state: it is told only when it is another one. */
  assume(state: TaskState): void {
    this.#toldState = stateText(state);
  }

  /** Tells a state that is another one. always: also one that is not. */
  state(state: TaskState, cause: Cause, always = false): void {
    const text = stateText(state);
    if (text === this.#toldState && !always) return;
    this.#toldState = text;
    this.event({ type: 'state', ...originOf(cause), state });
  }

  meters(message: MetersMessage): void {
    for (const follower of [...this.#followers]) follower.meters(message);
  }

  counters(message: CountersMessage): void {
    for (const follower of [...this.#followers]) follower.counters(message);
  }

  guard(message: GuardMessage): void {
    for (const follower of [...this.#followers]) follower.guard(message);
  }

  pushed(message: PushedMessage): void {
    for (const follower of [...this.#followers]) follower.pushed?.(message);
  }

  /** Another graph is there, to which no events lead. */
  replaced(): void {
    this.log.cut();
    this.modelsChanged();
  }

  /** They see the task anew, with the models that there are now. */
  modelsChanged(): void {
    for (const follower of [...this.#followers]) follower.replaced();
  }

  loaded(): void {
    for (const follower of [...this.#followers]) follower.loaded();
  }
}
