import { asAudioCloudError, type DomainEvent } from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import type { Cancel, Clock } from '../clock/clock.ts';
import type { EventJournal } from '../events/event-journal.ts';
import { type Delivery, type DeliveryEffect, type DeliveryEvent, stepDelivery } from './delivery-step.ts';
import { postWebhook } from './post-webhook.ts';
import { webhookHeaders } from './sign-webhook.ts';
import { DELIVERIES, type WebhookRecord } from './webhook-record.ts';

/** Events read at once, sent one by one. */
const AHEAD = 50;
const GONE = 410;

export interface WebhookContext {
  journal: EventJournal;
  logger: FastifyBaseLogger;
  allowsPrivate: boolean;
  clock: Clock;
}

/** Runs the effects of one webhook: reads the log, posts, stores its place. [control] */
export class WebhookRunner {
  readonly id: string;
  readonly record: WebhookRecord;
  readonly #context: WebhookContext;
  readonly #ending = new AbortController();
  readonly #unfollow: () => void;
  #state: Delivery;
  #ahead: DomainEvent[] = [];
  #cancelWake: Cancel = () => undefined;
  #kept: Promise<unknown> = Promise.resolve();

  /** delivery: as it was stored. */
  constructor(context: WebhookContext, id: string, record: WebhookRecord, delivery: Delivery) {
    this.#context = context;
    this.id = id;
    this.record = record;
    this.#state = { ...delivery, isSending: false };
    this.#unfollow = context.journal.follow(() => this.#logged());
    this.#logged();
    this.#take({ type: 'wake' });
  }

  get delivery(): Delivery {
    return this.#state;
  }

  /** Nothing is sent or stored any more when it settles. */
  async end(): Promise<void> {
    this.#ending.abort();
    this.#unfollow();
    this.#cancelWake();
    await this.#kept;
  }

  #logged(): void {
    this.#take({ type: 'logged', newest: this.#context.journal.newest });
  }

  #take(event: DeliveryEvent): void {
    if (this.#ending.signal.aborted) return;
    const { state, effects } = stepDelivery(this.#state, event, this.#context.clock.now());
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: DeliveryEffect): void {
    if (effect.kind === 'send') void this.#send(effect.after).then((event) => this.#take(event));
    else if (effect.kind === 'wake') {
      const { clock } = this.#context;
      this.#cancelWake();
      this.#cancelWake = clock.after(effect.atMs - clock.now(), () => this.#take({ type: 'wake' }));
    } else this.#keep(effect.kind === 'disable' ? effect.why : undefined);
  }

  /** Stores the state, with an event when the webhook was disabled. */
  #keep(why: string | undefined): void {
    const { journal, logger } = this.#context;
    const write = { key: DELIVERIES + this.id, value: this.#state };
    const events = why === undefined ? [] : [{ type: 'webhook.disabled' as const, data: { webhook: this.id, why } }];
    this.#kept = this.#kept
      // A webhook that was deleted meanwhile has no place in the log any more.
      .then(() => (this.#ending.signal.aborted ? undefined : journal.write([write], { events })))
      .catch((error) => logger.error({ error, webhook: this.id }, 'the place of a webhook was not stored'));
  }

  async #send(after: number): Promise<DeliveryEvent> {
    const { journal, allowsPrivate, clock } = this.#context;
    const { url, context, types, tasks } = this.record.wanted;
    try {
      if (this.#ahead[0] === undefined || this.#ahead[0].number <= after) {
        const filter = { ...(types ? { types } : {}), ...(tasks ? { tasks } : {}) };
        const page = await journal.read(after, AHEAD, filter);
        this.#ahead = page.events;
        if (page.events.length === 0) return { type: 'passed', after: page.next };
      }
      const event = this.#ahead[0]!;
      const body = JSON.stringify({ ...event, ...(context === undefined ? {} : { context }) });
      const headers = webhookHeaders(this.record.secret, `${this.id}.${event.number}`, clock.now(), body);
      const status = await postWebhook({ url, headers, body, allowsPrivate, signal: this.#ending.signal });
      if (status < 200 || status > 299)
        return { type: 'failed', why: `its receiver answered with status ${status}`, isFinal: status === GONE };
      this.#ahead.shift();
      return { type: 'delivered', number: event.number };
    } catch (error) {
      return { type: 'failed', why: asAudioCloudError(error).message };
    }
  }
}
