import { APPLICATION_PATTERN, AudioCloudError, EVENT_TYPES } from '@audiocloud/api';
import { Type } from 'typebox';
import type { EventFilter } from '../events/event-filter.ts';

const Types = Type.Optional(
  Type.String({ maxLength: 2_000, description: 'Only events of these types, with commas between; default: all' }),
);
const After = Type.Optional(
  Type.String({
    pattern: '^[0-9]{1,15}$',
    maxLength: 15,
    description: 'Only events after this number: `next` of the page before',
  }),
);

const Limit = Type.Optional(
  Type.String({
    pattern: '^([1-9][0-9]{0,2}|1000)$',
    maxLength: 4,
    description: 'At most so many, 1 to 1000; default 100',
  }),
);

/** The query of a page of the events of one task. */
export const TaskEventQuery = Type.Object({ after: After, limit: Limit, type: Types });

export const AuditQuery = Type.Object({ after: After, limit: Limit });

const Task = Type.Optional(Type.String({ maxLength: 64, description: 'Only events of this task' }));

const Application = Type.Optional(
  Type.String({ pattern: APPLICATION_PATTERN, maxLength: 32, description: 'Without the events of other applications' }),
);

export const EventQuery = Type.Object({ ...TaskEventQuery.properties, task: Task, application: Application });

export const LiveEventQuery = Type.Object({ after: After, type: Types, task: Task, application: Application });

/** What a query asks for. Throws REQUEST_INVALID for a type that is none. */
export function readEventQuery({ after, limit, type, task, application }: Type.Static<typeof EventQuery>) {
  const types = type?.split(',');
  const unknown = types?.find((name) => !EVENT_TYPES.includes(name));
  if (unknown !== undefined)
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot choose events of the type '${unknown}': wanted some of ${EVENT_TYPES.join(', ')}`,
    );
  const filter: EventFilter = {
    ...(types ? { types } : {}),
    ...(task === undefined ? {} : { tasks: [task] }),
    ...(application === undefined ? {} : { application }),
  };
  return { after: after === undefined ? undefined : Number(after), limit: Number(limit ?? 100), filter };
}
