import type { DomainEvent, ErrorBody } from '@audiocloud/api';

/** An event of an application without what clients and files said in it; undefined for one in which they said nothing. [any] */
export function redactedEvent(event: DomainEvent, application: string): DomainEvent | undefined {
  if (!('application' in event) || event.application !== application) return undefined;
  const { context, error, ...data } = event.data as { context?: unknown; error?: ErrorBody };
  if (context === undefined && error === undefined) return undefined;
  return { ...event, data: { ...data, ...(error ? { error: redactedError(error) } : {}) } } as DomainEvent;
}

const redactedError = ({ details: _, ...error }: ErrorBody): ErrorBody => ({
  ...error,
  message: 'What it was about is deleted',
});
