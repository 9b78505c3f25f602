import { AudioCloudError, type Delivery, type Outcome, type ReadBack, type Value } from '@audiocloud/api';
import type { DeviceClock } from './device-clock.ts';
import type { Pushed } from './device-queue.ts';

/** What became of a value that did not fail. */
export type Taken = Exclude<Outcome, 'failed' | 'waiting'>;

export interface ValueDeliveryOptions {
  /** How messages call the value. */
  name: string;
  delivery: Delivery;
  clock: DeviceClock;
  /** Queues a value; begun is called when it begins to be written. */
  push(value: Value, begun: () => void): Promise<Pushed>;
  /** Queues the question that the driver has for its report; absent: the device says it unasked. */
  ask?: (begun: () => void) => Promise<Pushed>;
}

/**
 * The way of one value of a device: at once or by the steps of its ramp, read back where the driver says so. [control]
 *
 * A newer value takes its place wherever it is on that way; a ramp goes on from where it is.
 */
export class ValueDelivery {
  private readonly options: ValueDeliveryOptions;
  /** What was written last; undefined: nothing on this connection. */
  private last: Value | undefined;
  private lastStepMs = Number.NEGATIVE_INFINITY;
  /** The step that is queued or being written. */
  private step: Promise<unknown> | undefined;
  private turn = 0;
  private replace: () => void = () => {};
  private fail: (error: Error) => void = () => {};
  private failure: Error | undefined;
  private readonly timers = new Set<() => void>();
  /** What the report says; undefined: nothing since it counts. */
  private said: Value | undefined;
  private onSaid: () => void = () => {};

  constructor(options: ValueDeliveryOptions) {
    this.options = options;
  }

  /** Rejects with VALUE_UNCONFIRMED when the device does not say that it has it, with VALUE_REFUSED, and with what ended the connection. */
  async set(value: Value): Promise<Taken> {
    const { delivery, push } = this.options;
    if (!delivery.ramp && !delivery.readBack) return (await push(value, () => {})).outcome;
    return this.inTurn((isOver) => this.deliver(value, isOver));
  }

  /** This value was sent by others, first on the connection, at this time of the clock: a ramp goes on from it. */
  sentFirst(value: Value, atMs: number): void {
    this.last = value;
    this.lastStepMs = atMs;
  }

  /** Whether the device has the value that was sent first. */
  confirmFirst(): Promise<Taken> {
    this.said = undefined;
    return this.inTurn((isOver) => this.confirm(this.last!, isOver));
  }

  /** Its report came. */
  heard(value: Value): void {
    this.said = value;
    this.onSaid();
  }

  end(error: Error): void {
    this.failure = error;
    this.fail(error);
    for (const cancel of this.timers) cancel();
  }

  private inTurn(work: (isOver: () => boolean) => Promise<Taken>): Promise<Taken> {
    if (this.failure) return Promise.reject(this.failure);
    this.replace();
    const turn = ++this.turn;
    const { promise: cut, resolve, reject } = Promise.withResolvers<Taken>();
    this.replace = () => resolve('replaced');
    this.fail = reject;
    return Promise.race([cut, work(() => this.turn !== turn)]);
  }

  private async deliver(value: Value, isOver: () => boolean): Promise<Taken> {
    if (!(await this.move(value, isOver))) return 'replaced';
    return this.options.delivery.readBack ? this.confirm(value, isOver) : 'sent';
  }

  /** Waits for the report; sends the value again while it does not come. */
  private async confirm(value: Value, isOver: () => boolean): Promise<Taken> {
    const { name, delivery, ask } = this.options;
    const readBack = delivery.readBack!;
    for (let resends = 0; ; resends++) {
      if (ask && !isOver()) await ask(() => this.listen());
      const isSaid = await this.isSaid(value, readBack, isOver);
      if (isOver()) return 'replaced';
      if (isSaid) return 'confirmed';
      if (resends === readBack.resends)
        throw new AudioCloudError(
          'VALUE_UNCONFIRMED',
          `Cannot set ${name}: ${this.said === undefined ? 'the device does not say what it has' : `the device has ${JSON.stringify(this.said)}`}, ${JSON.stringify(value)} was sent ${resends + 1} times; look at the device`,
        );
      if (!(await this.write(value))) return 'replaced';
    }
  }

  private isSaid(value: Value, { withinMs, tolerance = 0 }: ReadBack, isOver: () => boolean): Promise<boolean> {
    const isIt = () =>
      typeof value === 'number' && typeof this.said === 'number'
        ? Math.abs(this.said - value) <= tolerance
        : this.said === value;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const cancel = this.after(withinMs, () => resolve(false));
    const look = () => {
      if (isIt() || isOver()) resolve(isIt());
    };
    this.onSaid = look;
    look();
    return promise.finally(cancel);
  }

  /** What the report says counts from now on. */
  private listen(): void {
    this.said = undefined;
  }

  /** False when another value took its place. */
  private async move(value: Value, isOver: () => boolean): Promise<boolean> {
    const { ramp } = this.options.delivery;
    if (!ramp || typeof value !== 'number' || typeof this.last !== 'number') return this.write(value);
    // One that is under way is written: the next goes on from there.
    while (this.step) await this.step.catch(() => {});
    if (isOver()) return false;
    const from = this.last;
    const steps = Math.max(1, Math.ceil(Math.abs(value - from) / ramp.step - 1e-9));
    for (let k = 1; k <= steps; k++) {
      const waitMs = this.lastStepMs + ramp.everyMs - this.options.clock.now();
      if (waitMs > 0) await new Promise<void>((resolve) => this.after(waitMs, resolve));
      if (isOver()) return false;
      const next = k === steps ? value : from + Math.sign(value - from) * ramp.step * k;
      if (!(await this.write(next))) return false;
    }
    return true;
  }

  private async write(value: Value): Promise<boolean> {
    const step = this.options.push(value, () => this.listen());
    this.step = step;
    try {
      const pushed = await step;
      if (pushed.outcome === 'replaced') return false;
      this.last = value;
      this.lastStepMs = pushed.atMs;
      return true;
    } finally {
      if (this.step === step) this.step = undefined;
    }
  }

  private after(ms: number, call: () => void): () => void {
    const cancel = this.options.clock.after(ms, () => {
      this.timers.delete(cancel);
      call();
    });
    this.timers.add(cancel);
    return () => {
      cancel();
      this.timers.delete(cancel);
    };
  }
}
