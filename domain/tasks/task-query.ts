import { ModelId, modelWithoutVersion, TaskState, type TaskSummary } from '@audiocloud/api';
import { Type } from 'typebox';
import { PageQuery } from '../http/paging.ts';
import type { TaskEntry } from './task-index.ts';

/** Which tasks are listed. */
export const TaskQuery = Type.Object({
  ...PageQuery.properties,
  state: Type.Optional(TaskState.properties.state),
  playing: Type.Optional(
    Type.Unsafe<'true' | 'false'>(
      Type.String({ enum: ['true', 'false'], description: 'Only those that are wanted to play, or not' }),
    ),
  ),
  name: Type.Optional(
    Type.String({ minLength: 1, maxLength: 128, description: 'Only those whose name begins so, in any case' }),
  ),
  model: Type.Optional({ ...ModelId, description: 'Only those with an instance of this model, of any version' }),
});
export type TaskQuery = Type.Static<typeof TaskQuery>;

/** Whether a list with such a query has a task. [any] */
export function isWanted(summary: TaskSummary, { models }: TaskEntry, query: TaskQuery): boolean {
  const { state, playing, name, model } = query;
  if (state !== undefined && summary.state !== state) return false;
  if (playing !== undefined && summary.playing !== (playing === 'true')) return false;
  if (name !== undefined && !summary.name?.toLowerCase().startsWith(name.toLowerCase())) return false;
  return model === undefined || models.includes(modelWithoutVersion(model));
}
