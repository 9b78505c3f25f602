import { Type } from 'typebox';
import { Name } from './ids.ts';
import { type Permission, PERMISSIONS } from './permission.ts';

const closed = { additionalProperties: false } as const;

/** What a client may be allowed to do with a task. */
export type TaskPermission = Exclude<Permission, 'administration'>;
export const TASK_PERMISSIONS = PERMISSIONS.filter((permission) => permission !== 'administration');
export const TaskPermission = Type.Unsafe<TaskPermission>(Type.String({ enum: [...TASK_PERMISSIONS] }));

/** One live socket of a task, from its opening to its end. */
export const SessionId = Type.String({ minLength: 1, maxLength: 64, description: 'One live socket' });

/** A control of a task: a parameter, or one value of it. */
export const Control = Type.Object(
  { instance: Name, parameter: Name, index: Type.Optional(Type.Integer({ minimum: 0, maximum: 255 })) },
  { ...closed, description: 'A parameter of an instance; index: one value of several' },
);
export type Control = Type.Static<typeof Control>;

/** A hand on a control. */
export const Touch = Type.Object(
  {
    ...Control.properties,
    until: Type.Integer({
      description: 'Milliseconds since 1970, of the clock of the domain; then it is gone by itself',
    }),
  },
  { ...closed, description: 'A hand on a control' },
);
export type Touch = Type.Static<typeof Touch>;

/** Somebody who has the task open. */
export const Presence = Type.Object(
  {
    session: SessionId,
    name: Type.Optional(Type.String({ maxLength: 64, description: 'Chosen by the client' })),
    principal: Type.String({ description: 'Of the key or token that the client came with' }),
    permissions: Type.Array(TaskPermission),
    since: Type.Integer({ description: 'Milliseconds since 1970, of the clock of the domain' }),
    touches: Type.Array(Touch),
  },
  { ...closed, title: 'Presence', description: 'Somebody who has the task open' },
);
export type Presence = Type.Static<typeof Presence>;
