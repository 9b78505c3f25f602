import type { UnitUser } from '../instances/unit-rights.ts';
import type { EngineOrder } from './engine-order.ts';
import type { KeptRecord } from './kept-record.ts';
import type { TaskContext } from './task-context.ts';
import type { TaskFollowers } from './task-followers.ts';
import type { TaskRuntime } from './task-runtime.ts';
import type { TaskSite } from './task-site.ts';

/** What all pieces of one active task share. */
export interface TaskParts {
  context: TaskContext;
  /** In events, and as whom it uses hardware. */
  whose: Required<UnitUser>;
  /** What its engine calls it. */
  engineTask: string;
  record: KeptRecord;
  site: TaskSite;
  order: EngineOrder;
  runtime: TaskRuntime;
  followers: TaskFollowers;
}
