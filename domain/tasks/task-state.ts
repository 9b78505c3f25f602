import type { TaskDocument, TaskState } from '@audiocloud/api';
import type { TaskRecord } from './task-record.ts';
import type { TaskSite } from './task-site.ts';
import type { TaskActor } from './task-step.ts';
import { taskWaiting } from './task-waiting.ts';

/** All that a state is told from. */
export interface StateSources {
  record: { readonly now: TaskRecord };
  runtime: { readonly actor: Readonly<TaskActor> };
  site: Pick<TaskSite, 'address' | 'engine' | 'refusal' | 'awayError' | 'state'>;
}

export function taskDocument(sources: StateSources): TaskDocument {
  const { record, site } = sources;
  const { revision, graph } = record.now;
  const { id } = site.address;
  const { engine } = site;
  return { id, revision, task: graph, state: taskState(sources), ...(engine ? { engine: engine.id } : {}) };
}

/** What is, as the engine last said it; what is wanted, and what that waits for. [any] */
export function taskState(sources: StateSources): TaskState {
  const { record, runtime, site } = sources;
  const { actor } = runtime;
  // Of the record: what a request that is under way wants is told with its answer.
  const { revision, isPlaying } = record.now;
  const { units } = actor.grant;
  return {
    ...actualState(sources),
    desired: { revision, playing: isPlaying },
    waitingFor: taskWaiting(actor, site.address.id, site.engine, site.refusal),
    ...(Object.keys(units).length > 0 ? { fixed: { ...units } } : {}),
  };
}

function actualState({ record, runtime, site }: StateSources): TaskState {
  const { actual, error } = runtime.actor;
  const { state: there, awayError } = site;
  if (actual && actual.revision > 0 && there) return error ? { ...there, error } : there;
  return {
    task: site.address.id,
    state: error ? 'failed' : 'loading',
    revision: record.now.revision,
    transport: null,
    latencyFrames: 0,
    blocks: 0,
    missedBlocks: 0,
    instances: {},
    ...(error ? { error } : !actual && awayError ? { error: awayError } : {}),
  };
}

/** What makes a state another one: without what counts on all the time, which the meters tell. [any] */
export function stateText({ blocks: _blocks, missedBlocks: _missed, transport, ...rest }: TaskState): string {
  const { positionFrames: _position, streamFrame: _stream, ...still } = transport ?? {};
  return JSON.stringify({ ...rest, transport: transport && still });
}
