import type { LiveEvent } from '@audiocloud/api';

type Unnumbered<E> = E extends LiveEvent ? Omit<E, 'sequence'> : never;
export type NewLiveEvent = Unnumbered<LiveEvent>;

/** So many events can be sent again; a client that missed more gets a snapshot. */
const KEPT_EVENTS = 1_000;
/** An edit may be long: so many operations and values at most are kept with the events. */
const KEPT_PARTS = 50_000;

const partsOf = (event: LiveEvent): number =>
  'edits' in event ? event.edits.length : 'changes' in event ? event.changes.length : 0;

/** The events of one task, numbered without gaps. [control] */
export class EventLog {
  private events: LiveEvent[] = [];
  private last: number;
  private parts = 0;

  /** @param nowMs Numbers begin with the time, so that one from before a restart is never taken for one of today. */
  constructor(nowMs: number) {
    this.last = nowMs;
  }

  /** Number of the last event. */
  get sequence(): number {
    return this.last;
  }

  add(event: NewLiveEvent): LiveEvent {
    const numbered = { ...event, sequence: ++this.last } as LiveEvent;
    this.events.push(numbered);
    this.parts += partsOf(numbered);
    while (this.events.length > KEPT_EVENTS || (this.parts > KEPT_PARTS && this.events.length > 0))
      this.parts -= partsOf(this.events.shift()!);
    return numbered;
  }

  /** Takes a number for what events cannot say; whoever resumes from before it gets a snapshot. */
  cut(): number {
    this.events = [];
    this.parts = 0;
    return ++this.last;
  }

  /** What came after that number; undefined when part of it is gone, or the number is not of this log. */
  after(sequence: number): LiveEvent[] | undefined {
    const missed = this.last - sequence;
    if (missed < 0 || missed > this.events.length) return undefined;
    return missed === 0 ? [] : this.events.slice(-missed);
  }
}
