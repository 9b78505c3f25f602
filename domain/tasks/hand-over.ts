import type { Task, TaskState } from '@audiocloud/api';
import type { EngineTask } from './engine-task.ts';
import { secondsOf } from './stored-transport.ts';
import { graphWithStates, type TaskRecord } from './task-record.ts';

export interface HandingOver {
  /** Where it is loaded now; undefined when no engine has it. */
  from: EngineTask | undefined;
  to: EngineTask;
  /** It plays there now. */
  isPlaying: boolean;
  /** Where it goes on when nobody can say it better. */
  playheadSeconds: number;
  /** Where the media of a graph of it lie. */
  mediaPaths(graph: Task): Promise<Record<string, string>>;
  /** Makes it durable that it is there now, at that place of the timeline. */
  keep(positionSeconds: number): Promise<void>;
}

/**
 * Brings a task from one engine to another: loaded there first, with what its plugins keep, then stopped here, then played there
 * from the same frame. [control]
 *
 * Returns what the other engine has then. Throws what it refuses with, or what `keep` throws: it has nothing of the task then, and
 * on the engine before the task may stand still.
 */
export async function handOver(
  { revision, graph, loop }: TaskRecord,
  { from, to, isPlaying, playheadSeconds, mediaPaths, keep }: HandingOver,
): Promise<TaskState> {
  const media = await mediaPaths(graph);
  const whole: Task = from ? graphWithStates(graph, await from.command('save', {})) : graph;
  try {
    const state = await to.load({ revision, graph: whole, media });
    const left = from && isPlaying ? await from.command('transport', { change: { play: false } }) : undefined;
    const positionSeconds = left ? secondsOf(left) : playheadSeconds;
    const change = { play: isPlaying, positionSeconds, ...(loop === undefined ? {} : { loop }) };
    const transport = await to.command('transport', { change });
    await keep(positionSeconds);
    return { ...state, state: isPlaying ? 'playing' : 'ready', transport };
  } catch (error) {
    to.forget();
    throw error;
  }
}
