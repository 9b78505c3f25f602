import type {
  GraphEdit,
  MidiMessage,
  ParameterChange,
  Recall,
  Recalled,
  Task,
  TaskDocument,
  TransportChange,
  TransportState,
} from '@audiocloud/api';
import { allPages } from './all-pages.ts';
import { type HttpCall, ifMatch } from './http-call.ts';

/** A task in the list of tasks. */
export type TaskEntry = Pick<TaskDocument, 'id' | 'revision'> & { name?: string };

const pathOf = (id: string, rest = '') => `/v1/tasks/${encodeURIComponent(id)}${rest}`;

/** The calls on tasks. A `revision` makes a call fail with REVISION_CONFLICT when somebody else was faster. */
export function taskRoutes(call: HttpCall) {
  return {
    list: (): Promise<TaskEntry[]> => allPages(call, '/v1/tasks', 'tasks'),
    get: (id: string): Promise<TaskDocument> => call('GET', pathOf(id)),
    /** @param id default: one that the domain chooses */
    create: (task: Task, id?: string): Promise<TaskDocument> =>
      call('POST', '/v1/tasks', { task, ...(id === undefined ? {} : { id }) }),
    replace: (id: string, task: Task, revision?: number): Promise<TaskDocument> =>
      call('PUT', pathOf(id), task, ifMatch(revision)),
    delete: (id: string, revision?: number): Promise<void> => call('DELETE', pathOf(id), undefined, ifMatch(revision)),
    edit: (id: string, edits: GraphEdit[], revision?: number): Promise<TaskDocument> =>
      call('POST', pathOf(id, '/edits'), { edits }, ifMatch(revision)),
    /** The task as it is now, with what its plugins keep beside their parameters. */
    saved: (id: string): Promise<Task> => call('GET', pathOf(id, '/saved')),
    transport: (id: string, change: TransportChange): Promise<TransportState> =>
      call('PATCH', pathOf(id, '/transport'), change),
    set: (id: string, changes: ParameterChange[]): Promise<{ frame: number | null }> =>
      call('PATCH', pathOf(id, '/parameters'), { changes }),
    /** Plays MIDI messages while the task plays; frame null: it does not, and nothing was played. */
    midi: (id: string, messages: MidiMessage[]): Promise<{ frame: number | null }> =>
      call('POST', pathOf(id, '/midi'), { messages }),
    /** Brings an instance, or the task, to the values of a preset. */
    recall: (id: string, recall: Recall): Promise<Recalled> => call('POST', pathOf(id, '/recall'), recall),
  };
}
