/** Where a task is: its id is unique within its application only. */
export interface TaskAddress {
  application: string;
  id: string;
}

export const TASK_PREFIX = 'task/';
/** What the keys of all tasks of an application begin with. [any] */
export const tasksPrefix = (application: string): string => `${TASK_PREFIX}${application}/`;
export const taskKey = ({ application, id }: TaskAddress): string => tasksPrefix(application) + id;

/** The inverse of taskKey. [any] */
export function addressOfKey(key: string): TaskAddress {
  const [, application, id] = key.split('/');
  return { application: application!, id: id! };
}

/** The name of a task on its engine. Neither part has a dot. [any] */
export const engineTask = ({ application, id }: TaskAddress): string => `${application}.${id}`;

/** The inverse of engineTask; undefined for a name that is none of ours. [any] */
export function addressOfEngineTask(name: string): TaskAddress | undefined {
  const [application, id, ...more] = name.split('.');
  return application && id && more.length === 0 ? { application, id } : undefined;
}
