import { AudioCloudError, check, EngineFullDetails } from '@audiocloud/api';
import { addressOfEngineTask, engineTask, type TaskAddress } from './task-address.ts';

/** Of so many of its own tasks an application is told what they claim. */
const MOST_NAMED = 3;

/**
 * That an engine has no room for a task, for its application: which of its own tasks play there; those of others are counted. [any]
 *
 * An engine that says it in another way is heard without its details: they may name anybody.
 */
export function engineFullFor(error: AudioCloudError, address: TaskAddress): AudioCloudError {
  const message = error.message.replaceAll(engineTask(address), address.id);
  const said = detailsOf(error);
  const as = (text: string, details: object) =>
    new AudioCloudError(error.code, text, { ...details, task: address.id }, { cause: error });
  if (!said) return as(message, {});
  const threads = said.threads.map(({ tasks, ...thread }) => {
    const all = Object.entries(tasks);
    const own = all.flatMap(([name, load]): [string, number][] => {
      const other = addressOfEngineTask(name);
      return other?.application === address.application ? [[other.id, load]] : [];
    });
    return { ...thread, tasks: Object.fromEntries(own), others: all.length - own.length };
  });
  const heaviest = Object.entries(threads[said.thread]?.tasks ?? {})
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST_NAMED)
    .map(([id, load]) => `${id} ${load.toFixed(3)}`);
  const yours = heaviest.length === 0 ? '' : `; of your own tasks play there ${heaviest.join(', ')}`;
  return as(message + yours, { ...said, threads });
}

function detailsOf({ details }: AudioCloudError): EngineFullDetails | undefined {
  try {
    return check(EngineFullDetails, details, 'the details', 'MESSAGE_INVALID');
  } catch {
    return undefined;
  }
}
