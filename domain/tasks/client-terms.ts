import { AudioCloudError, type TaskState } from '@audiocloud/api';
import { engineTask, type TaskAddress } from './task-address.ts';

/*
 * An engine knows a task by a name that says whose it is; clients know it by its id.
 */

/** A state as the engine tells it, for clients. [any] */
export function clientState(state: TaskState, address: TaskAddress): TaskState {
  const { error } = state;
  const body = error && clientError(AudioCloudError.from(error), address).toJSON();
  return { ...state, task: address.id, ...(body ? { error: body } : {}) };
}

/** An error of the engine, for clients: the same, with the id of the task. [any] */
export function clientError<E>(error: E, address: TaskAddress): E | AudioCloudError {
  const name = engineTask(address);
  if (!(error instanceof AudioCloudError) || !error.message.includes(name)) return error;
  const details = error.details?.['task'] === name ? { ...error.details, task: address.id } : error.details;
  return new AudioCloudError(error.code, error.message.replaceAll(name, address.id), details, { cause: error });
}
