import type { EngineCounters } from '@audiocloud/api';
import { addressOfEngineTask } from './task-address.ts';

/** The counters of an engine as one application sees them: with its own tasks only, under their ids. [any] */
export function countersOf(counters: EngineCounters, application: string): EngineCounters {
  const idOf = (name: string) => {
    const address = addressOfEngineTask(name);
    return address?.application === application ? [address.id] : [];
  };
  return {
    ...counters,
    threads: counters.threads.map((thread) => ({ ...thread, tasks: thread.tasks.flatMap(idOf) })),
    tasks: Object.fromEntries(
      Object.entries(counters.tasks).flatMap(([name, task]) => idOf(name).map((id) => [id, task])),
    ),
  };
}
