import { check, ENGINE_PROTOCOL, EngineFacts, type GraphEdit, type Task, TaskState } from '@audiocloud/api';
import { type CheckContext, need } from '../check-context.ts';
import type { EngineLine } from '../engine-line.ts';
import { want } from '../outcome.ts';
import { media, trackTask } from '../sounds.ts';

/** A task of its own that is loaded: a track of a chirp of a second into the sink `main`. */
export interface Loaded {
  line: EngineLine;
  task: string;
  graph: Task;
  path: string;
  samples: Float32Array[];
  state: TaskState;
}

export const stateOf = (value: unknown, what: string): TaskState => check(TaskState, value, what, 'MESSAGE_INVALID');

/** Loads it on a new line. graph: made from the rate of the engine's device. */
export async function loaded(
  context: CheckContext,
  graphOf = (sampleRate: number): Task => trackTask([{}], { sampleRate }),
): Promise<Loaded> {
  need(context, 'live');
  const { sampleRate } = context.facts.device;
  const line = await context.greeted();
  const { path, samples } = media(context, { frames: sampleRate, sampleRate });
  const graph = graphOf(sampleRate);
  const task = context.newId();
  const result = await line.result({ type: 'load', task, revision: 1, graph, media: { sound: path } });
  return { line, task, graph, path, samples, state: stateOf(result, 'the answer to load') };
}

export async function taskState({ line, task }: Loaded): Promise<TaskState> {
  return stateOf(await line.result({ type: 'state', task }), 'the answer to state');
}

export async function loadState(context: CheckContext): Promise<string> {
  const { state, task } = await loaded(context);
  want(state.task === task, `the state is of task '${state.task}'`);
  want(state.state === 'ready', `state '${state.state}'`);
  want(state.revision === 1, `revision ${state.revision}`);
  want(state.transport?.playing === false, 'it plays, or has no transport');
  return `ready, revision ${state.revision}`;
}

export async function loadReplaces(context: CheckContext): Promise<string> {
  const one = await loaded(context);
  const { line, task, graph, path } = one;
  await line.result({ type: 'load', task, revision: 5, graph, media: { sound: path } });
  const { revision, state } = await taskState(one);
  want(revision === 5 && state === 'ready', `revision ${revision}, ${state}`);
  return 'revision 5 took the place of revision 1';
}

export async function loadRefusedKeeps(context: CheckContext): Promise<string> {
  const one = await loaded(context);
  const { line, task, path } = one;
  const graph = trackTask([{}], { connections: { out: { from: { node: 'nobody' }, to: { node: 'main' } } } });
  await line.refused({ type: 'load', task, revision: 2, graph, media: { sound: path } }, 'NODE_UNKNOWN');
  const { revision, state } = await taskState(one);
  want(revision === 1 && state === 'ready', `revision ${revision}, ${state}`);
  return 'the task is as it was';
}

export async function checkChangesNothing(context: CheckContext): Promise<string> {
  const one = await loaded(context);
  const { line, task, graph, path } = one;
  const command = { type: 'check', task, revision: 9, media: { sound: path } } as const;
  await line.result({ ...command, graph });
  const wrong = { ...graph, connections: { out: { from: { node: 'nobody' }, to: { node: 'main' } } } };
  await line.refused({ ...command, graph: wrong }, 'NODE_UNKNOWN');
  const { revision } = await taskState(one);
  want(revision === 1, `the task has revision ${revision} now`);
  const other = context.newId();
  await line.result({ ...command, task: other, graph });
  await line.refused({ type: 'state', task: other }, 'TASK_UNKNOWN');
  return 'answers as load would, and nothing is loaded';
}

export async function tasksListed(context: CheckContext): Promise<string> {
  const { line, task } = await loaded(context);
  const tasks = async () =>
    check(EngineFacts, await line.result({ type: 'hello', protocol: ENGINE_PROTOCOL }), 'hello', 'MESSAGE_INVALID')
      .tasks;
  want((await tasks()).includes(task), 'hello does not name a task that is loaded');
  await line.result({ type: 'unload', task });
  want(!(await tasks()).includes(task), 'hello names a task that was unloaded');
  return 'named by hello while it is loaded';
}

export async function unload(context: CheckContext): Promise<string> {
  const { line, task } = await loaded(context);
  await line.result({ type: 'unload', task });
  for (const type of ['state', 'unload', 'save']) await line.refused({ type, task }, 'TASK_UNKNOWN');
  return 'forgotten';
}

const quieter = (gainDb: number): GraphEdit => ({
  op: 'put',
  part: 'connections',
  name: 'out',
  value: { from: { node: 'track' }, to: { node: 'main' }, gainDb },
});

export async function editRevision(context: CheckContext): Promise<string> {
  const one = await loaded(context);
  const { line, task } = one;
  const state = stateOf(
    await line.result({ type: 'edit', task, revision: 2, edits: [quieter(-6)], media: {} }),
    'the answer to edit',
  );
  want(state.revision === 2, `the answer has revision ${state.revision}`);
  want((await taskState(one)).revision === 2, 'the state has another revision than the answer');
  return 'revision 2';
}

export async function editAllOrNothing(context: CheckContext): Promise<string> {
  const one = await loaded(context);
  const { line, task } = one;
  const wrong: GraphEdit = {
    op: 'put',
    part: 'connections',
    name: 'x',
    value: { from: { node: 'track' }, to: { node: 'nobody' } },
  };
  const sink: GraphEdit = { op: 'put', part: 'sinks', name: 'second', value: { kind: 'stream', channels: 2 } };
  await line.refused({ type: 'edit', task, revision: 2, edits: [sink, wrong], media: {} }, 'NODE_UNKNOWN');
  want((await taskState(one)).revision === 1, 'the revision rose');
  const intoSecond: GraphEdit = {
    op: 'put',
    part: 'connections',
    name: 'x',
    value: { from: { node: 'track' }, to: { node: 'second' } },
  };
  await line.refused({ type: 'edit', task, revision: 2, edits: [intoSecond], media: {} }, 'NODE_UNKNOWN');
  return 'nothing of a refused list was done';
}

export async function editUnknownTask(context: CheckContext): Promise<string> {
  need(context, 'live');
  const line = await context.greeted();
  const { message } = await line.refused(
    { type: 'edit', task: context.newId(), revision: 2, edits: [quieter(-6)], media: {} },
    'TASK_UNKNOWN',
  );
  return message;
}
