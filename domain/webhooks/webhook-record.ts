import type { Webhook, WebhookCreate } from '@audiocloud/api';
import type { Delivery } from './delivery-step.ts';

/** What the store keeps of a webhook, beside its delivery. */
export interface WebhookRecord {
  /** Whose it is: it gets no events of others. */
  application: string;
  wanted: Omit<WebhookCreate, 'after'>;
  secret: string;
}

export const WEBHOOKS = 'webhook/';
/** By themselves: a place in the log is stored with every event that arrives. */
export const DELIVERIES = 'webhook-delivery/';

/** A webhook as it is told, without its secret. [any] */
export function webhookOf(id: string, { wanted }: WebhookRecord, delivery: Delivery): Webhook {
  const { delivered, isDisabled, error } = delivery;
  const state = isDisabled ? 'disabled' : error === null ? 'active' : 'failing';
  return { id, ...wanted, state, delivered, ...(error === null ? {} : { error }) };
}
