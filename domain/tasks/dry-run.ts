import type { Task, TaskDocument, TaskState } from '@audiocloud/api';
import { mediaPaths } from './media-paths.ts';
import type { TaskContext } from './task-context.ts';
import type { TaskRecord } from './task-record.ts';

/** A task that is asked about. */
export interface Asked {
  id: string;
  record: Readonly<TaskRecord>;
  /** The engine has it as it is recorded: an edit goes there as such. */
  isLoaded: boolean;
  playheadSeconds: number;
}

/**
 * What a change of a graph would be answered, or refused with; nothing changes. [control]
 *
 * next: the graph that it leads to.   isEdit: by edits, else by a replacement, after which the loop is that of the graph.
 */
export async function dryRun(context: TaskContext, asked: Asked, next: Task, isEdit: boolean): Promise<TaskDocument> {
  const { id, record } = asked;
  const revision = record.revision + 1;
  const media = await mediaPaths(next, context.mediaDirs);
  const asEdit = isEdit && asked.isLoaded;
  const ask = { task: id, revision, graph: next, media, ...(asEdit ? { isEdit: true } : {}) };
  const state = await context.engine.command('check', ask);
  return { id, revision, task: next, state: asEdit ? state : loadedAt(state, asked, isEdit ? record.loop : undefined) };
}

/** Where a task that is loaded anew stands: a stopped one is put where it was; one that plays is sent there afterwards. */
function loadedAt(state: TaskState, { record, playheadSeconds }: Asked, loop: TaskRecord['loop']): TaskState {
  const { transport } = state;
  if (record.isPlaying || !transport) return state;
  const positionFrames = Math.round(playheadSeconds * transport.sampleRate);
  return { ...state, transport: { ...transport, positionFrames, ...(loop === undefined ? {} : { loop }) } };
}
