import { AudioCloudError, type Model, type Task, type TaskDocument, type TaskState } from '@audiocloud/api';
import type { RegisteredEngine } from '../engine/registered-engine.ts';
import { needsOf } from '../placement/task-needs.ts';
import { clientError, clientState } from './client-terms.ts';
import { engineTask, type TaskAddress } from './task-address.ts';
import type { TaskContext } from './task-context.ts';
import type { TaskRecord } from './task-record.ts';

/** A task that is asked about. */
export interface Asked {
  address: TaskAddress;
  record: Readonly<TaskRecord>;
  /** Its engine, or why none can have it; undefined: none answered yet. */
  at: RegisteredEngine | AudioCloudError | undefined;
  /** As that engine has them. */
  models: readonly Model[];
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
  const { address, record, at, hardware } = asked;
  const { id } = address;
  const revision = record.revision + 1;
  if (at instanceof AudioCloudError) throw at;
  if (!at) throw new AudioCloudError('ENGINE_UNAVAILABLE', `Cannot try a change of task ${id}: no engine has it yet`);
  context.placement.requireResources(address, needsOf(next, asked.models, record.versions), at.id);
  const media = await context.mediaPaths(next, address.application);
  const asEdit = isEdit && asked.isLoaded;
  const state = await checked(at, address, { revision, graph: next, media, ...(asEdit ? { isEdit: true } : {}) });
  const placed = asEdit ? state : loadedAt(state, asked, isEdit ? record.loop : undefined);
  const desired = { revision, playing: record.isPlaying };
  return { id, revision, task: next, state: { ...placed, desired, ...hardware }, engine: at.id };
}

/** What an engine would answer or refuse, in the terms of clients. */
export async function checked(
  { engine }: RegisteredEngine,
  address: TaskAddress,
  what: { revision: number; graph: Task; media: Record<string, string>; isEdit?: boolean },
): Promise<TaskState> {
  return engine.command('check', { task: engineTask(address), ...what }).then(
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
