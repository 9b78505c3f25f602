import type { Cancel, Clock } from '../clock/clock.ts';
import type { LiveSession } from './live-session.ts';
import { type HeardTask, TaskStreams } from './task-streams.ts';
import { TaskPresence } from './task-presence.ts';

/** How often every client is asked for a sign of life. One whose end of the socket is gone is found within three of these. */
export const BEAT_MS = 10_000;

/** The live sessions that are open, and who is on which task. One timer for all. [control] */
export class LiveSessions {
  readonly #clock: Clock;
  readonly #open = new Set<LiveSession>();
  /** Whose sockets are closed, while something of what they asked is under way. */
  readonly #ended = new Map<string, LiveSession>();
  /** By task as it is in memory: it stays there as long as somebody follows it. */
  readonly #presences = new WeakMap<object, TaskPresence>();
  /** By task as it is in memory: the session that pushes into each of its tracks. */
  readonly #pushers = new WeakMap<object, Map<string, string>>();
  readonly #streams = new WeakMap<object, TaskStreams>();
  #cancelBeats: Cancel | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#open.size;
  }

  /** What waits in the session whose client is furthest behind, in bytes. */
  get mostWaitingBytes(): number {
    let most = 0;
    for (const { waitingBytes } of this.#open) most = Math.max(most, waitingBytes);
    return most;
  }

  /** Who is on a task. */
  presenceOf(task: object): TaskPresence {
    let presence = this.#presences.get(task);
    if (!presence) {
      presence = new TaskPresence(this.#clock);
      this.#presences.set(task, presence);
    }
    return presence;
  }

  /** Who pushes into the tracks of a task: sessions by track. */
  pushersOf(task: object): Map<string, string> {
    const pushers = this.#pushers.get(task) ?? new Map<string, string>();
    this.#pushers.set(task, pushers);
    return pushers;
  }

  /** What is heard of a task. */
  streamsOf(task: HeardTask): TaskStreams {
    let streams = this.#streams.get(task);
    if (!streams) {
      streams = new TaskStreams(task, this.#clock);
      this.#streams.set(task, streams);
    }
    return streams;
  }

  /** The sessions of one key or token. */
  of(principal: string): LiveSession[] {
    return [...this.#open].filter((session) => session.principal.id === principal);
  }

  add(session: LiveSession): void {
    this.#open.add(session);
    this.#cancelBeats ??= this.#clock.every(BEAT_MS, () => {
      for (const open of [...this.#open]) open.beat();
    });
  }

  /** Its socket is closed. What it asked goes on. */
  delete(session: LiveSession): void {
    if (!this.#open.delete(session)) return;
    this.#ended.set(session.id, session);
    void session.settled.then(() => this.#ended.delete(session.id));
    if (this.#open.size > 0) return;
    this.#cancelBeats?.();
    this.#cancelBeats = undefined;
  }

  /** A client is back: ends the session it had on this task; settles when all that was asked there is carried out. */
  async takeOver(id: string, by: LiveSession): Promise<void> {
    const before = this.#ended.get(id) ?? [...this.#open].find((session) => session.id === id);
    if (!before || before === by || before.task !== by.task || before.principal.id !== by.principal.id) return;
    before.leave();
    await before.settled;
  }

  /** Settles when each has answered what it was asked, and its client was sent away (1001). */
  async goAway(): Promise<void> {
    await Promise.all([...this.#open].map((session) => session.goAway()));
  }
}
