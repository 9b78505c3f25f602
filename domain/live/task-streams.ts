import { HISTORY_SECONDS } from '@audiocloud/api';
import type { Cancel, Clock } from '../clock/clock.ts';
import type { StreamEar } from '../engine/engine.ts';
import type { NodeRequest, TaskStream } from '../tasks/task-stream.ts';
import { SharedStream, type StreamListener } from './shared-stream.ts';

/** What streams need of a task. */
export interface HeardTask {
  stream(ear: StreamEar): TaskStream;
}

/**
 * The streams of one task: one for each node and quality, however many hear it. [control]
 *
 * One that was left by a drop goes on for a minute, for who comes back; one that nobody wants any more ends at once.
 */
export class TaskStreams {
  readonly #task: HeardTask;
  readonly #clock: Clock;
  readonly #streams = new Map<string, { stream: SharedStream; cancelEnd: Cancel | undefined }>();

  constructor(task: HeardTask, clock: Clock) {
    this.#task = task;
    this.#clock = clock;
  }

  get size(): number {
    return this.#streams.size;
  }

  /** Another stream of the same task, for one listener alone. */
  open(ear: StreamEar): TaskStream {
    return this.#task.stream(ear);
  }

  join(request: NodeRequest, listener: StreamListener): SharedStream {
    const key = keyOf(request);
    let held = this.#streams.get(key);
    if (held) {
      // It may have outlived an engine while nobody listened.
      if (held.cancelEnd) held.stream.restart();
      held.cancelEnd?.();
      held.cancelEnd = undefined;
    } else {
      held = { stream: new SharedStream(request, this.#clock, (ear) => this.#task.stream(ear)), cancelEnd: undefined };
      this.#streams.set(key, held);
    }
    held.stream.add(listener);
    return held.stream;
  }

  /** mayReturn: it was a drop. */
  leave(stream: SharedStream, listener: StreamListener, mayReturn: boolean): void {
    stream.remove(listener);
    const key = keyOf(stream.request);
    const held = this.#streams.get(key);
    if (stream.listeners > 0 || held?.stream !== stream) return;
    const end = () => {
      this.#streams.delete(key);
      stream.end();
    };
    if (!mayReturn) end();
    else held.cancelEnd ??= this.#clock.after(HISTORY_SECONDS * 1000, end);
  }
}

const keyOf = ({ node, format, bitRate, packetMs }: NodeRequest): string =>
  JSON.stringify([node, format, bitRate, packetMs]);
