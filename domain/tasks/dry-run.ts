import type { Task, TaskDocument, TaskState } from '@audiocloud/api';
import { clientError, clientState } from './client-terms.ts';
import { engineTask, type TaskAddress } from './task-address.ts';
import type { TaskContext } from './task-context.ts';
import type { TaskRecord } from './task-record.ts';

/** A task that is asked about. */
export interface Asked {
  address: TaskAddress;
  record: Readonly<TaskRecord>;
  /** The engine has it as it is recorded: an edit goes there as such. */
  isLoaded: boolean;
  playheadSeconds: number;
  /** The hardware that it has, and waits for. */
  hardware: Pick<TaskState, 'fixed' | 'waitingFor'>;
}

/**
 * What a change of a graph would be answered, or refused with; nothing changes. [control]
 *
 * next: the graph that it leads to.   isEdit: by edits, else by a replacement, after which the loop is that of the graph.
 */
export async function dryRun(context: TaskContext, asked: Asked, next: Task, isEdit: boolean): Promise<TaskDocument> {
  const { address, record, hardware } = asked;
  const { id } = address;
  const revision = record.revision + 1;
  const asEdit = isEdit && asked.isLoaded;
  const state = await checked(context, address, { revision, graph: next, ...(asEdit ? { isEdit: true } : {}) });
  const placed = asEdit ? state : loadedAt(state, asked, isEdit ? record.loop : undefined);
  const desired = { revision, playing: record.isPlaying };
  return { id, revision, task: next, state: { ...placed, desired, ...hardware } };
}

/** What the engine would answer or refuse, in the terms of clients. */
export async function checked(
  { engine, mediaPaths }: TaskContext,
  address: TaskAddress,
  what: { revision: number; graph: Task; isEdit?: boolean },
): Promise<TaskState> {
  const media = await mediaPaths(what.graph);
  const command = { task: engineTask(address), media, ...what };
  return engine.command('check', command).then(
    (state) => clientState(state, address),
    (error) => {
      throw clientError(error, address);
    },
  );
}

/** Where a task that is loaded anew stands: a stopped one is put where it was; one that plays is sent there afterwards. */
function loadedAt(state: TaskState, { record, playheadSeconds }: Asked, loop: TaskRecord['loop']): TaskState {
  const { transport } = state;
  if (record.isPlaying || !transport) return state;
  const positionFrames = Math.round(playheadSeconds * transport.sampleRate);
  return { ...state, transport: { ...transport, positionFrames, ...(loop === undefined ? {} : { loop }) } };
}
