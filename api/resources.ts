import { Type } from 'typebox';
import { ErrorBody } from './errors.ts';
import { FixedInstanceId, ModelId, Name, TaskId } from './ids.ts';
import { Value } from './model.ts';
import { Task } from './task.ts';
import { TaskState } from './task-state.ts';

const closed = { additionalProperties: false } as const;

/** A stored task with its revision, as REST gives it; the ETag is the revision. */
export const TaskDocument = Type.Object(
  { id: TaskId, revision: Type.Integer({ minimum: 1 }), task: Task, state: TaskState },
  { ...closed, title: 'TaskDocument' },
);
export type TaskDocument = Type.Static<typeof TaskDocument>;

/** A fixed instance as its engine sees it. */
export const FixedInstanceState = Type.Object(
  {
    id: FixedInstanceId,
    model: ModelId,
    adapter: Type.String({ maxLength: 214, description: 'Package or name of the adapter that speaks to it' }),
    state: Type.Unsafe<'disconnected' | 'connecting' | 'ready' | 'faulty'>(
      Type.String({ enum: ['disconnected', 'connecting', 'ready', 'faulty'] }),
    ),
    parameters: Type.Record(Name, Type.Array(Value, { maxItems: 256 })),
    reports: Type.Record(Name, Type.Array(Value, { maxItems: 256 })),
    error: Type.Optional(ErrorBody),
  },
  { ...closed, title: 'FixedInstanceState' },
);
export type FixedInstanceState = Type.Static<typeof FixedInstanceState>;
