import type { ParameterChange } from '@audiocloud/api';

interface Waiter<A> {
  resolve(answer: A): void;
  reject(error: unknown): void;
}

interface Lane<A> {
  /** Sent and not yet answered. */
  flying: Map<number | undefined, ParameterChange>;
  flyingWaiters: Waiter<A>[];
  /** Newer than what flies; sent when it has been answered. */
  next: Map<number | undefined, ParameterChange>;
  nextWaiters: Waiter<A>[];
}

/**
 * Turns fast knob moves into at most one request in flight for each parameter; the last value is never lost. [any]
 *
 * send: carries out one request; it may be called again for the same changes after a drop (see resend).
 */
export class SetQueue<A> {
  private lanes = new Map<string, Lane<A>>();
  private send: (changes: ParameterChange[]) => Promise<A>;

  constructor(send: (changes: ParameterChange[]) => Promise<A>) {
    this.send = send;
  }

  /** Resolves with the answer to the request that carried this value or a later one of the same parameter. */
  set(change: ParameterChange): Promise<A> {
    const key = laneKey(change);
    let lane = this.lanes.get(key);
    if (!lane) {
      lane = { flying: new Map(), flyingWaiters: [], next: new Map(), nextWaiters: [] };
      this.lanes.set(key, lane);
    }
    // a value for all channels makes the waiting ones of single channels pointless
    if (change.index === undefined) lane.next.clear();
    else lane.next.delete(change.index);
    lane.next.set(change.index, change);
    const answer = new Promise<A>((resolve, reject) => lane.nextWaiters.push({ resolve, reject }));
    if (lane.flying.size === 0) this.launch(key, lane);
    return answer;
  }

  /** The value on its way for one channel, or undefined when none is. */
  pending(instance: string, parameter: string, index: number | undefined): ParameterChange | undefined {
    const lane = this.lanes.get(laneKey({ instance, parameter }));
    if (!lane) return undefined;
    // the newer of the one for all and the one for this channel: maps keep the order of arrival
    const latest = (changes: Map<number | undefined, ParameterChange>) =>
      [...changes.values()].filter((change) => change.index === undefined || change.index === index).at(-1);
    return latest(lane.next) ?? latest(lane.flying);
  }

  /** After a drop: changes that are known to have been applied. What was in flight and is among them is not sent again. */
  landed(changes: readonly ParameterChange[], answer: A): void {
    const isThere = (flying: ParameterChange) =>
      changes.some((change) => isSameValue(change, flying) && change.value === flying.value);
    for (const [key, lane] of this.lanes) {
      if (lane.flying.size === 0 || ![...lane.flying.values()].every(isThere)) continue;
      for (const waiter of lane.flyingWaiters) waiter.resolve(answer);
      lane.flying = new Map();
      lane.flyingWaiters = [];
      if (lane.next.size === 0) this.lanes.delete(key);
    }
  }

  /** Everything refused from here on and now; after close. */
  fail(error: unknown): void {
    for (const lane of this.lanes.values())
      for (const waiter of [...lane.flyingWaiters, ...lane.nextWaiters]) waiter.reject(error);
    this.lanes.clear();
  }

  /** Sends again what was in flight when the connection dropped, with what came since. */
  resend(): void {
    for (const [key, lane] of this.lanes) {
      const merged = new Map(lane.flying);
      for (const [index, change] of lane.next) {
        if (index === undefined) merged.clear();
        merged.delete(index);
        merged.set(index, change);
      }
      lane.next = merged;
      lane.nextWaiters = [...lane.flyingWaiters, ...lane.nextWaiters];
      this.launch(key, lane);
    }
  }

  private launch(key: string, lane: Lane<A>): void {
    lane.flying = lane.next;
    lane.flyingWaiters = lane.nextWaiters;
    lane.next = new Map();
    lane.nextWaiters = [];
    const { flying, flyingWaiters } = lane;
    const land = (tell: (waiter: Waiter<A>) => void) => {
      // after a resend an older flight may still end; only the one that counts moves the lane on
      if (this.lanes.get(key) !== lane || lane.flying !== flying) return;
      if (lane.next.size > 0) this.launch(key, lane);
      else this.lanes.delete(key);
      for (const waiter of flyingWaiters) tell(waiter);
    };
    this.send([...flying.values()]).then(
      (answer) => land((waiter) => waiter.resolve(answer)),
      (error) => {
        if (isDrop(error)) return; // it stays in flight until resend
        land((waiter) => waiter.reject(error));
      },
    );
  }
}

function isSameValue(a: ParameterChange, b: ParameterChange): boolean {
  return a.instance === b.instance && a.parameter === b.parameter && a.index === b.index;
}

function laneKey({ instance, parameter }: { instance: string; parameter: string }): string {
  return `${instance} ${parameter}`;
}

function isDrop(error: unknown): boolean {
  return (error as { code?: string } | null)?.code === 'CONNECTION_LOST';
}
