import { AudioCloudError, type Webhook, type WebhookCreate, type WebhookCreated } from '@audiocloud/api';
import { byOf, causeBy } from '../events/cause.ts';
import type { Store } from '../store/store.ts';
import { type Delivery, newDelivery } from './delivery-step.ts';
import { newSecret } from './sign-webhook.ts';
import { requireWebhookUrl } from './webhook-address.ts';
import { DELIVERIES, WEBHOOKS, type WebhookRecord, webhookOf } from './webhook-record.ts';
import { type WebhookContext, WebhookRunner } from './webhook-runner.ts';

/** What is sent along with every event. */
const MOST_CONTEXT_BYTES = 16 * 1024;

/** All webhooks of the domain. [control] */
export class WebhookService {
  readonly #context: WebhookContext;
  readonly #runners = new Map<string, WebhookRunner>();

  /** Takes up the stored webhooks where they were. */
  static async open(store: Store, context: WebhookContext): Promise<WebhookService> {
    const service = new WebhookService(context);
    for (const { key, value } of await store.list<WebhookRecord>(WEBHOOKS)) {
      const id = key.slice(WEBHOOKS.length);
      const delivery = await store.get<Delivery>(DELIVERIES + id);
      service.#run(id, value, delivery?.value ?? newDelivery(context.journal.newest));
    }
    return service;
  }

  private constructor(context: WebhookContext) {
    this.#context = context;
  }

  list(application: string): Webhook[] {
    const its = [...this.#runners.values()].filter(({ record }) => record.application === application);
    return its.map(({ id, record, delivery }) => webhookOf(id, record, delivery));
  }

  /** Throws WEBHOOK_UNKNOWN. */
  get(application: string, id: string): Webhook {
    const { record, delivery } = this.#runner(application, id);
    return webhookOf(id, record, delivery);
  }

  /** The secret is told only here. Throws WEBHOOK_URL, TOO_LARGE. */
  async create(application: string, { after, ...wanted }: WebhookCreate, cause = causeBy()): Promise<WebhookCreated> {
    requireWebhookUrl(wanted.url, this.#context.allowsPrivate);
    const bytes = Buffer.byteLength(JSON.stringify(wanted.context ?? null));
    if (bytes > MOST_CONTEXT_BYTES)
      throw new AudioCloudError(
        'TOO_LARGE',
        `Cannot send the context with every event: it has ${bytes} bytes, wanted at most ${MOST_CONTEXT_BYTES}`,
      );
    const { journal, randomBytes } = this.#context;
    const id = `webhook-${randomBytes(6).toString('hex')}`;
    const record: WebhookRecord = { application, wanted, secret: newSecret(randomBytes) };
    const begun = () => newDelivery(Math.min(after ?? journal.newest, journal.newest));
    let delivery = begun();
    const created = { ...webhookOf(id, record, delivery), secret: record.secret };
    await journal.write(
      () => {
        // Its own creation is the first event that comes.
        delivery = begun();
        return [
          { key: WEBHOOKS + id, value: record, expected: 0 },
          { key: DELIVERIES + id, value: delivery },
        ];
      },
      {
        events: [{ type: 'webhook.created', application, ...byOf(cause), data: { webhook: id } }],
        writes: cause.receipt(created),
      },
    );
    this.#run(id, record, delivery);
    return created;
  }

  /** What is on its way may still arrive. Throws WEBHOOK_UNKNOWN. */
  async remove(application: string, id: string, cause = causeBy()): Promise<void> {
    const runner = this.#runner(application, id);
    this.#runners.delete(id);
    await runner.end();
    const deleted = { type: 'webhook.deleted' as const, application, ...byOf(cause), data: { webhook: id } };
    await this.#context.journal
      .write([{ key: WEBHOOKS + id }, { key: DELIVERIES + id }], {
        events: [deleted],
        writes: cause.receipt(null),
      })
      .catch((error) => {
        this.#run(id, runner.record, runner.delivery);
        throw error;
      });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#runners.values()].map((runner) => runner.end()));
  }

  #run(id: string, record: WebhookRecord, delivery: Delivery): void {
    this.#runners.set(id, new WebhookRunner(this.#context, id, record, delivery));
  }

  #runner(application: string, id: string): WebhookRunner {
    const runner = this.#runners.get(id);
    if (runner?.record.application !== application)
      throw new AudioCloudError('WEBHOOK_UNKNOWN', `Cannot find webhook ${id}: there is none of that id`, {
        webhook: id,
      });
    return runner;
  }
}
