import type { LiveEvent, Model } from '@audiocloud/api';
import type { Ack } from './live-socket.ts';
import { type Snapshot, type TaskCopy, followEvent } from './task-copy.ts';

export interface FollowedCopyEvents {
  models(): readonly Model[];
  /** It was taken whole. */
  onAdopted(copy: TaskCopy, isFirst: boolean): void;
  /** It shows one more event. */
  onFollowed(event: LiveEvent): void;
  /** It cannot follow, and is no longer true: a new connection brings a snapshot. */
  onStale(): void;
}

/** The copy of a task through snapshots, events and drops. [any] */
export class FollowedCopy {
  /** Undefined before the first snapshot. */
  now: TaskCopy | undefined;
  /** Between `resume` and its answer: events that were missed come before what is new. */
  isResuming = false;
  /** It could not follow an event; the next snapshot replaces it. */
  isStale = false;
  private arrivals = new Set<{ sequence: number; resolve(): void; reject(error: unknown): void }>();
  /** While resuming: the snapshot that a new connection begins with, true but without the events before it. */
  private held: Snapshot | undefined;
  private events: FollowedCopyEvents;

  constructor(events: FollowedCopyEvents) {
    this.events = events;
  }

  /** Resolves with the ack once the copy shows what it speaks of; rejects when the connection is lost before. */
  async shown(ack: Ack): Promise<Ack> {
    const { sequence } = ack;
    if (sequence !== undefined && sequence > (this.now?.sequence ?? 0))
      await new Promise<void>((resolve, reject) => this.arrivals.add({ sequence, resolve, reject }));
    return ack;
  }

  takeSnapshot(snapshot: Snapshot): void {
    const isBehind = this.now && snapshot.sequence < this.now.sequence; // the domain lost its count: begin anew
    if (this.isResuming && !this.held && !isBehind) this.held = snapshot;
    else this.adopt(snapshot);
  }

  takeEvent(event: LiveEvent): void {
    if (!this.now || this.isStale) return;
    const first = event.type === 'changed' ? (event.from ?? event.sequence) : event.sequence;
    // what happens before the domain has read `resume` comes again with the events that were missed
    if (this.isResuming && first > this.now.sequence + 1) return;
    if (event.sequence <= this.now.sequence) return;
    try {
      if (first > this.now.sequence + 1) throw new Error('events are missing');
      this.now = followEvent(this.now, event, this.events.models());
    } catch {
      this.isStale = true;
      this.events.onStale();
      return;
    }
    this.events.onFollowed(event);
    this.arrived();
  }

  /** The events that were missed are here, or there are none: what the snapshot knows beyond them is taken from it. */
  resumed(): void {
    this.isResuming = false;
    if (this.held && this.now && this.held.sequence > this.now.sequence) this.adopt(this.held);
    this.held = undefined;
  }

  dropped(why: unknown): void {
    this.held = undefined;
    this.isResuming = false;
    for (const arrival of this.arrivals) arrival.reject(why);
    this.arrivals.clear();
  }

  private adopt({ sequence, revision, task, state }: Snapshot): void {
    this.held = undefined;
    this.isStale = false;
    const isFirst = !this.now;
    this.now = { sequence, revision, task, state };
    this.events.onAdopted(this.now, isFirst);
    this.arrived();
  }

  private arrived(): void {
    for (const arrival of this.arrivals) {
      if (arrival.sequence > (this.now?.sequence ?? 0)) continue;
      this.arrivals.delete(arrival);
      arrival.resolve();
    }
  }
}
