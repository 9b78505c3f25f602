import type { DomainEvent } from '@audiocloud/api';
import type { VirtualClock } from '../../clock/virtual-clock.ts';
import type { PostOptions } from '../../webhooks/post-webhook.ts';
import type { Random } from './random.ts';

/** Whose webhook it is. */
export const WEBHOOK_APPLICATION = 'main';

/** What hears of the events of an application. [control] */
export class WebhookReceiver {
  /** Share of the posts that do not arrive, and of the answers. */
  losses = 0;
  /** It answers 503 to everything. */
  isDown = false;
  /** Numbers of the events that arrived, in their order. */
  readonly received: number[] = [];
  readonly #clock: VirtualClock;
  readonly #random: Random;

  constructor(clock: VirtualClock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  readonly post = (options: PostOptions): Promise<number> => {
    const { signal } = options;
    if (signal.aborted) return Promise.reject(new Error('aborted'));
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
      this.#take(options).then(resolve, reject);
    });
  };

  async #take({ body }: PostOptions): Promise<number> {
    await this.#sleep(this.#random.delay(0.2, 60));
    if (this.#random.chance(this.losses)) {
      await this.#sleep(15_000);
      throw new Error('no answer within 15 s');
    }
    if (this.isDown) return 503;
    const { number } = JSON.parse(body) as DomainEvent;
    this.received.push(number);
    await this.#sleep(this.#random.delay(0.2, 60));
    if (this.#random.chance(this.losses)) throw new Error('the answer was lost');
    return 200;
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.after(ms, resolve));
  }
}
