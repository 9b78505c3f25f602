import { Type } from 'typebox';
import { type DomainEvent, EventType } from './domain-event.ts';
import { MESSAGE_MAXIMUM } from './errors.ts';
import { TaskId, WebhookId } from './ids.ts';
import { Next, pageItems } from './page.ts';

const closed = { additionalProperties: false } as const;

const wanted = {
  url: Type.String({ minLength: 1, maxLength: 2048, description: 'http or https; redirects are not followed' }),
  types: Type.Optional(Type.Array(EventType, { minItems: 1, maxItems: 64, description: 'Default: all' })),
  tasks: Type.Optional(
    Type.Array(TaskId, { minItems: 1, maxItems: 256, description: 'Only events of these tasks; default: all events' }),
  ),
  context: Type.Optional(Type.Unknown({ description: 'Any JSON, sent along with every event' })),
};

/** POST /v1/webhooks. */
export const WebhookCreate = Type.Object(
  {
    ...wanted,
    after: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Also sends what is kept after this number; default: from now on' }),
    ),
  },
  { ...closed, title: 'WebhookCreate' },
);
export type WebhookCreate = Type.Static<typeof WebhookCreate>;

const about = {
  id: WebhookId,
  ...wanted,
  state: Type.Unsafe<'active' | 'failing' | 'disabled'>(
    Type.String({
      enum: ['active', 'failing', 'disabled'],
      description: 'failing: tried again with back-off. disabled: nothing is sent any more',
    }),
  ),
  delivered: Type.Integer({ minimum: 0, description: 'Number of the last event that arrived; 0 for none' }),
  error: Type.Optional(Type.String({ maxLength: MESSAGE_MAXIMUM, description: 'Why the last try failed' })),
};

export const Webhook = Type.Object(about, { ...closed, title: 'Webhook' });
export type Webhook = Type.Static<typeof Webhook>;

export const WebhookCreated = Type.Object(
  { ...about, secret: Type.String({ maxLength: 128, description: 'Signs what is sent; it is told only here' }) },
  { ...closed, title: 'WebhookCreated' },
);
export type WebhookCreated = Type.Static<typeof WebhookCreated>;

export const WebhookList = Type.Object(
  { webhooks: pageItems(Webhook), next: Next },
  { ...closed, title: 'WebhookList' },
);
export type WebhookList = Type.Static<typeof WebhookList>;

/** The body that a receiver gets: an event, and the context of the webhook. */
export type WebhookBody = DomainEvent & { context?: unknown };
