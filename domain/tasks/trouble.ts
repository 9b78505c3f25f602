import { AudioCloudError, type ErrorBody, type TaskState } from '@audiocloud/api';

/** What keeps a task from being heard as it should be. */
export interface Trouble {
  error: ErrorBody;
  /** Those that are muted. */
  instances?: string[];
}

export interface TroubleContext {
  wantsToPlay: boolean;
  isEngineThere: boolean;
}

/** The trouble of a task in that state; null for none, undefined while nobody knows. [any] */
export function troubleOf(
  state: TaskState,
  { wantsToPlay, isEngineThere }: TroubleContext,
): Trouble | null | undefined {
  const { error } = state;
  if (!isEngineThere) return wantsToPlay && error ? { error } : undefined;
  if (error || state.state === 'failed') return { error: error ?? unnamed(state) };
  if (state.state === 'loading' || state.state === 'stored') return undefined;
  const muted = Object.entries(state.instances).filter(
    ([, { state }]) => state === 'failed' || state === 'quarantined',
  );
  if (muted.length > 0)
    return { error: muted[0]![1].error ?? unnamed(state), instances: muted.map(([name]) => name).sort() };
  // It is on its way, or has just ended.
  return wantsToPlay === (state.state === 'playing') ? null : undefined;
}

const unnamed = ({ task }: TaskState): ErrorBody =>
  new AudioCloudError('ENGINE_FAILED', `Cannot run task ${task}: the engine gives no reason`).toJSON();
