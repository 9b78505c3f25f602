import type { MessagePort } from 'node:worker_threads';
import type { TaskImage } from '../render/task-image.ts';
import type { Scheduling } from './priority.ts';

/** A task as a render thread holds it. */
export interface SeatedTask {
  task: string;
  /** Stands for the task in shared memory, from 1 on; a task that is loaded anew has a new one. */
  slot: number;
  /** 0: the thread renders the task. 1 and above: it does branches of it for the thread that does, with this seat in its memories. */
  seat: number;
  image: TaskImage;
  /** TaskCounters: who renders it. */
  counters: SharedArrayBuffer;
}

/** What the control thread puts into the mailbox of a render thread, which takes one letter after a request at most. */
export type Letter =
  /** A task to render from the next block on, once its counters say so, or to help with; replaces one of the same id. */
  | ({ type: 'add' } & SeatedTask)
  /** The same task after an edit: what stays goes on. isAlwaysShared: its branches are, without measuring whether that is faster. */
  | { type: 'update'; task: string; image: TaskImage; isAlwaysShared?: boolean }
  | { type: 'remove'; task: string };

/** The first letter of a worker that stands by: it becomes render thread `thread`, in place of one that was ended. */
export interface AdoptLetter {
  type: 'adopt';
  thread: number;
  /** In the order in which the one before had them, as it had them. */
  tasks: SeatedTask[];
}

/** What a render thread tells: that it stands by, that it dropped a task, that it goes on for one which was ended. */
export type ThreadNote =
  | { type: 'up'; scheduling: Scheduling; tid: number }
  | { type: 'failed'; task: string; slot: number; doing: string; message: string }
  | { type: 'adopted'; task: string | undefined; instance: string | undefined };

export interface RenderThreadData {
  memory: SharedArrayBuffer;
  /** The mailbox. */
  port: MessagePort;
  /** One i32: 0 while the worker stands by. */
  standby: SharedArrayBuffer;
}
