import type { TaskImage } from '../render/task-image.ts';
import type { Scheduling } from './priority.ts';

/** What the control thread puts into the mailbox of a render thread, which takes one letter after a request at most. */
export type Letter =
  /** A task to render from the next block on; replaces one of the same id. */
  | { type: 'add'; task: string; image: TaskImage }
  /** The same task after an edit: what stays goes on. */
  | { type: 'update'; task: string; image: TaskImage }
  | { type: 'remove'; task: string };

/** What a render thread tells: once that it is up, and that it dropped a task which threw. */
export type ThreadNote =
  | { type: 'up'; scheduling: Scheduling }
  | { type: 'failed'; task: string; doing: string; message: string };

export interface RenderThreadData {
  memory: SharedArrayBuffer;
  thread: number;
}
