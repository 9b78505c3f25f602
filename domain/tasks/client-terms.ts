import { AudioCloudError, type ErrorBody, type TaskState } from '@audiocloud/api';
import { engineFullFor } from './engine-full.ts';
import { addressOfEngineTask, engineTask, type TaskAddress } from './task-address.ts';

/*
 * An engine knows a task by a name that says whose it is; clients know it by its id.
 */

/** A state as the engine tells it, for clients. [any] */
export function clientState(state: TaskState, address: TaskAddress): TaskState {
  const { error } = state;
  const body = error && clientError(AudioCloudError.from(error), address).toJSON();
  return { ...state, task: address.id, ...(body ? { error: body } : {}) };
}

/**
 * An error of the engine, for clients: the same, with the id of the task. [any]
 *
 * Of other tasks that it names in its details, only those of the same application are left.
 */
export function clientError<E>(error: E, address: TaskAddress): E | AudioCloudError {
  if (!(error instanceof AudioCloudError)) return error;
  if (error.code === 'ENGINE_FULL') return engineFullFor(error, address);
  const name = engineTask(address);
  const isNamed = error.details?.['task'] === name;
  if (!isNamed && !error.message.includes(name)) return error;
  const details = isNamed ? { ...error.details, task: address.id } : error.details;
  return new AudioCloudError(error.code, error.message.replaceAll(name, address.id), details, { cause: error });
}

/** What an engine could not take, for one application: without what is about tasks of others. [any] */
export function refusedOf(refused: readonly ErrorBody[], application: string): ErrorBody[] {
  return refused.flatMap((body) => {
    const address = addressOfEngineTask(String(body.details?.['task'] ?? ''));
    if (!address) return [body];
    if (address.application !== application) return [];
    return [clientError(AudioCloudError.from(body), address).toJSON()];
  });
}
