import type { DomainEvent } from '@audiocloud/api';

/** Which events somebody wants; what is left out lets all through. */
export interface EventFilter {
  types?: readonly string[];
  /** Of these tasks only. */
  tasks?: readonly string[];
  /** Without those that are of another application. */
  application?: string;
}

/** Whether an event passes. [any] */
export function isWanted(event: DomainEvent, { types, tasks, application }: EventFilter): boolean {
  if (application !== undefined && 'application' in event && event.application !== application) return false;
  if (types && !types.includes(event.type)) return false;
  return !tasks || ('task' in event && event.task !== undefined && tasks.includes(event.task));
}
