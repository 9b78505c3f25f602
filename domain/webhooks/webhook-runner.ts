import type { KeyObject } from 'node:crypto';
import type { DomainEvent } from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import { ActorRuntime } from '../actors/actor-runtime.ts';
import type { Clock } from '../clock/clock.ts';
import type { EventJournal } from '../events/event-journal.ts';
import type { RandomBytes } from '../random/random-bytes.ts';
import { type Delivery, type DeliveryEffect, type DeliveryEvent, deliveryActor, takenUp } from './delivery-step.ts';
import type { PostWebhook } from './post-webhook.ts';
import { signingKey, webhookHeaders } from './sign-webhook.ts';
import { DELIVERIES, type WebhookRecord } from './webhook-record.ts';

/** Events read at once, sent one by one. */
const AHEAD = 50;
const GONE = 410;

export interface WebhookContext {
  journal: EventJournal;
  logger: FastifyBaseLogger;
  allowsPrivate: boolean;
  clock: Clock;
  randomBytes: RandomBytes;
  post: PostWebhook;
}

/** Runs the effects of one webhook: reads the log, posts, stores its place. [control] */
export class WebhookRunner {
  readonly id: string;
  readonly record: WebhookRecord;
  readonly #context: WebhookContext;
  readonly #key: KeyObject;
  readonly #ending = new AbortController();
  readonly #unfollow: () => void;
  readonly #runtime: ActorRuntime<Delivery, DeliveryEvent, DeliveryEffect>;
  #ahead: DomainEvent[] = [];

  /** delivery: as it was stored. */
  constructor(context: WebhookContext, id: string, record: WebhookRecord, delivery: Delivery) {
    this.#context = context;
    this.id = id;
    this.record = record;
    this.#key = signingKey(record.secret);
    this.#runtime = new ActorRuntime({
      actor: deliveryActor,
      state: takenUp(delivery),
      clock: context.clock,
      run: (effect) => (effect.kind === 'send' ? this.#send(effect.after) : this.#keep(effect)),
      failed: (_, { message }) => ({ type: 'failed', why: message }),
    });
    this.#unfollow = context.journal.follow(() => this.#logged());
    this.#logged();
  }

  get delivery(): Delivery {
    return this.#runtime.state;
  }

  /** Nothing is sent or stored any more when it settles. */
  async end(): Promise<void> {
    this.#ending.abort();
    this.#unfollow();
    await this.#runtime.end();
  }

  #logged(): void {
    this.#runtime.send({ type: 'logged', newest: this.#context.journal.newest });
  }

  /** Stores the state, with an event when the webhook was disabled. */
  async #keep(effect: DeliveryEffect): Promise<undefined> {
    const { journal, logger } = this.#context;
    const write = { key: DELIVERIES + this.id, value: this.delivery };
    const { application } = this.record;
    const data = effect.kind === 'disable' && { webhook: this.id, why: effect.why };
    await journal
      .write([write], { events: data ? [{ type: 'webhook.disabled' as const, application, data }] : [] })
      .catch((error) => logger.error({ error, webhook: this.id }, 'the place of a webhook was not stored'));
  }

  async #send(after: number): Promise<DeliveryEvent> {
    const { journal, allowsPrivate, clock, post } = this.#context;
    const { url, context, types, tasks } = this.record.wanted;
    const { application } = this.record;
    if (this.#ahead[0] === undefined || this.#ahead[0].number <= after) {
      const filter = { application, ...(types ? { types } : {}), ...(tasks ? { tasks } : {}) };
      const page = await journal.read(after, AHEAD, filter);
      this.#ahead = page.events;
      if (page.events.length === 0) return { type: 'passed', after: page.next };
    }
    const event = this.#ahead[0]!;
    const body = JSON.stringify({ ...event, ...(context === undefined ? {} : { context }) });
    const headers = webhookHeaders(this.#key, `${this.id}.${event.number}`, clock.now(), body);
    const status = await post({ url, headers, body, allowsPrivate, signal: this.#ending.signal });
    if (status < 200 || status > 299)
      return { type: 'failed', why: `its receiver answered with status ${status}`, isFinal: status === GONE };
    this.#ahead.shift();
    return { type: 'delivered', number: event.number };
  }
}
