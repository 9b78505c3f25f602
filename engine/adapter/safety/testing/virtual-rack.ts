import {
  type AdapterPort,
  AudioCloudError,
  type Driver,
  type Model,
  parameterValues,
  type Value,
  valueCount,
} from '@audiocloud/api';
import { AdapterLinks } from '../../adapter-links.ts';
import type { FromAdapter, ToAdapter } from '../../adapter-message.ts';
import { settle, SteppedClock } from '../../testing/stepped-clock.ts';
import { AMP, ampValues, LINES, PAGES } from './amp-drivers.ts';
import { WatchedAmp } from './watched-amp.ts';

/** From the end of a lease until the safe values must be there. */
const SAFE_WITHIN_MS = 5000;
const LOOK_MS = 500;

/** A mistake that a test plants. */
export interface Plant {
  driver?(driver: Driver): Driver;
  model?(model: Model): Model;
  /** Messages to the adapter process, and from it, as they are passed on. */
  to?(message: ToAdapter): ToAdapter;
  from?(message: FromAdapter): FromAdapter[];
}

interface Plug {
  amp: WatchedAmp;
  isThere: boolean;
  /** The next write fails: after the device took it, or before. */
  breaks: 'after' | 'before' | undefined;
  /** So many writes that switch nothing off are refused. */
  refusals: number;
  close: ((reason: string) => void) | undefined;
}

/** Two amplifiers with all that runs in an adapter process, on a clock that stands still until it is told. [control] */
export class VirtualRack {
  private readonly clock = new SteppedClock();
  private readonly plugs = new Map<string, Plug>();
  private readonly links: AdapterLinks;
  private readonly plant: Plant;
  private readonly answers = new Map<number, number>();
  private lastId = 0;
  private leaseEndMs = Number.POSITIVE_INFINITY;
  /** When a cable was pulled or a write failed last: what is safe cannot be there then. */
  private lastTroubleMs = 0;

  constructor(plant: Plant = {}) {
    this.plant = plant;
    this.links = new AdapterLinks({
      clock: this.clock,
      emit: (message) => {
        for (const one of plant.from?.(message) ?? [message]) this.answered(one);
      },
      adapter: {
        list: async () =>
          [...this.plugs]
            .filter(([, { isThere }]) => isThere)
            .map(([id]) => ({ id, attributes: { serialNumber: id } })),
        open: async ({ id }) => this.open(this.plugs.get(id)!),
      },
    });
    const instances = [LINES, PAGES].map((driver) => {
      const id = driver.port['serialNumber']!;
      const amp = new WatchedAmp();
      this.plugs.set(id, { amp, isThere: true, breaks: undefined, refusals: 0, close: undefined });
      const values = AMP.parameters.map((one) => parameterValues(one, valueCount(one.scope, AMP, {}), undefined));
      return { id, model: plant.model?.(AMP) ?? AMP, driver: plant.driver?.(driver) ?? driver, values };
    });
    this.send({ type: 'instances', instances });
  }

  set(instance: string, parameter: number, index: number, value: Value): void {
    this.send({ type: 'set', id: ++this.lastId, instance, parameter, index, value });
  }

  lease(forMs: number): void {
    this.leaseEndMs = this.clock.now() + forMs;
    this.send({ type: 'lease', forMs });
  }

  async plug(id: string, isThere: boolean): Promise<void> {
    const plug = this.plugs.get(id)!;
    if (plug.isThere === isThere) return;
    plug.isThere = isThere;
    this.lastTroubleMs = this.clock.now();
    if (!isThere) plug.close?.('unplugged');
    await this.look();
  }

  breakNext(id: string, breaks: 'after' | 'before'): void {
    this.plugs.get(id)!.breaks = breaks;
  }

  refuseNext(id: string, refusals: number): void {
    this.plugs.get(id)!.refusals = refusals;
  }

  async look(): Promise<void> {
    await this.links.look('held');
    await this.links.look('sought');
    await settle();
  }

  async advance(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= LOOK_MS) {
      await this.clock.advance(Math.min(left, LOOK_MS));
      await this.look();
    }
  }

  /** Throws what went wrong so far. */
  check(): void {
    const problems = [...this.plugs].flatMap(([id, { amp }]) => amp.harms.map((harm) => `${id}: ${harm}`));
    const nowMs = this.clock.now();
    const isLate = Math.max(this.leaseEndMs, this.lastTroubleMs) + SAFE_WITHIN_MS <= nowMs && this.leaseEndMs <= nowMs;
    for (const [id, { amp, isThere }] of this.plugs)
      if (isLate && isThere && !amp.isSafe) problems.push(`not safe: ${id} ${JSON.stringify(amp.values)}`);
    for (const [id, count] of this.answers) if (count > 1) problems.push(`answered ${count} times: command ${id}`);
    if (problems.length) throw new Error(problems.slice(0, 4).join('; '));
  }

  /** Lets the lease run out, and all that waits with it. Throws what went wrong. */
  async end(): Promise<void> {
    for (const [id, plug] of this.plugs) {
      plug.breaks = undefined;
      await this.plug(id, true);
    }
    this.lease(100);
    await this.advance(100 + SAFE_WITHIN_MS);
    this.check();
    for (let id = 1; id <= this.lastId; id++)
      if (!this.answers.has(id)) throw new Error(`never answered: command ${id} of ${this.lastId}`);
    await this.links.close();
  }

  private send(message: ToAdapter): void {
    this.links.receive(this.plant.to?.(message) ?? message);
  }

  private answered(message: FromAdapter): void {
    if (message.type !== 'taken' && message.type !== 'refused') return;
    this.answers.set(message.id, (this.answers.get(message.id) ?? 0) + 1);
  }

  private open(plug: Plug): AdapterPort {
    plug.amp.plugged();
    let say: (bytes: Uint8Array) => void = () => {};
    const answer = (text: string) => queueMicrotask(() => say(Buffer.from(text, 'latin1')));
    return {
      write: async (bytes) => {
        const { breaks } = plug;
        if (!plug.isThere || breaks === 'before') throw this.broken(plug);
        const values = ampValues(bytes);
        const isPage = bytes[0] === 0;
        const isSwitchingOff =
          values['mains'] === false ||
          'mute' in values ||
          values['phantom 0'] === false ||
          values['phantom 1'] === false;
        if (!isPage && plug.refusals > 0 && !isSwitchingOff) {
          plug.refusals--;
          return answer('ERR\n');
        }
        plug.amp.take(values, this.clock.now());
        if (breaks) throw this.broken(plug);
        if (!isPage) answer('OK\n');
      },
      onData: (callback) => {
        say = callback;
      },
      onClose: (callback) => {
        plug.close = callback;
      },
      close: async () => {
        plug.close = undefined;
      },
    };
  }

  private broken(plug: Plug): AudioCloudError {
    plug.breaks = undefined;
    this.lastTroubleMs = this.clock.now();
    return new AudioCloudError('ADAPTER_FAILED', 'Cannot write: the cable is loose');
  }
}
