import type { VirtualClock } from '../../clock/virtual-clock.ts';
import { type DomainHost, LOST } from './domain-host.ts';
import type { Answer, Ask } from './front-door.ts';
import type { Random } from './random.ts';

/** How the network between clients and the domain does. */
export interface NetworkHealth {
  /** Longest way of one message. */
  mostMs: number;
  /** Share of the requests, and of the answers, that are lost. */
  losses: number;
  /** Share of the requests with a key that arrive twice. */
  doubles: number;
}

export const GOOD_NETWORK: NetworkHealth = { mostMs: 20, losses: 0, doubles: 0.02 };

/** An answer, and how many processes had ended when it was given. */
export type Arrived = Answer & { deaths: number };

/** A request on its way. */
export interface UnderWay {
  /** Settles with the answer, or with LOST when the client waits no longer. */
  answer: Promise<Arrived | typeof LOST>;
  /** Settles when nothing of it can take effect any more. */
  isOver: Promise<void>;
}

/** Between clients and the domain: each request is a connection of its own, so that they overtake each other. [control] */
export class Network {
  health = GOOD_NETWORK;
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #domain: DomainHost;

  constructor(clock: VirtualClock, random: Random, domain: DomainHost) {
    this.#clock = clock;
    this.#random = random;
    this.#domain = domain;
  }

  delayMs(): number {
    return this.#random.delay(0.1, this.health.mostMs);
  }

  /** patienceMs: how long the client waits. */
  ask(ask: Ask, patienceMs: number): UnderWay {
    const answered = Promise.withResolvers<Arrived | typeof LOST>();
    const isKeyed = 'idempotency-key' in ask.headers;
    const copies = isKeyed && this.#random.chance(this.health.doubles) ? 2 : 1;
    const over = Array.from({ length: copies }, () => this.#send(ask, answered.resolve));
    const cancel = this.#clock.after(patienceMs, () => answered.resolve(LOST));
    void answered.promise.then(cancel);
    return { answer: answered.promise, isOver: Promise.all(over).then(() => undefined) };
  }

  async #send(ask: Ask, answered: (answer: Arrived | typeof LOST) => void): Promise<void> {
    const isLost = this.#random.chance(this.health.losses);
    await this.sleep(this.delayMs());
    if (isLost) return;
    const answer = await this.#domain.ask(ask);
    const { deaths } = this.#domain;
    if (this.#random.chance(this.health.losses)) return;
    void this.sleep(this.delayMs()).then(() => answered(answer === LOST ? LOST : { ...answer, deaths }));
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.after(ms, resolve));
  }
}
