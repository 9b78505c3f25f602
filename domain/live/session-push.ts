import { AudioCloudError } from '@audiocloud/api';
import type { ActiveTask } from '../tasks/active-task.ts';
import type { TaskPush } from '../tasks/task-push.ts';

/** What one live session pushes into a track. [control] */
export class SessionPush {
  readonly #task: ActiveTask;
  readonly #pushers: Map<string, string>;
  readonly #session: string;
  #track: string | undefined;
  #channels = 0;
  #push: TaskPush | undefined;

  /** pushers: of all sessions of the task, by track. */
  constructor(task: ActiveTask, pushers: Map<string, string>, session: string) {
    this.#task = task;
    this.#pushers = pushers;
    this.#session = session;
  }

  /** Of the track. */
  get channels(): number {
    return this.#channels;
  }

  get track(): string | undefined {
    return this.#track;
  }

  /** Binary messages are for this track from now on. Throws NODE_UNKNOWN, SOURCE_TAKEN, ENGINE_UNABLE. */
  start(track: string): void {
    const { tracks = {} } = this.#task.record.graph;
    const { id: task } = this.#task;
    if (!Object.hasOwn(tracks, track) || tracks[track]!.source?.kind !== 'push')
      throw new AudioCloudError(
        'NODE_UNKNOWN',
        `Cannot push into '${track}': the task has no track of that name with \`source: { kind: 'push' }\``,
        { task, node: track },
      );
    const other = this.#pushers.get(track);
    if (other !== undefined && other !== this.#session)
      throw new AudioCloudError(
        'SOURCE_TAKEN',
        `Cannot push into '${track}': session ${other} does; wait until it ends, or add a track`,
        { task, node: track },
      );
    const push = this.#task.push(track);
    push.aim();
    this.stop();
    this.#pushers.set(track, this.#session);
    this.#track = track;
    this.#channels = tracks[track]!.channels;
    this.#push = push;
  }

  stop(): void {
    this.#push?.end();
    if (this.#track !== undefined) this.#pushers.delete(this.#track);
    this.#track = undefined;
    this.#push = undefined;
  }

  /** A packet; false when nothing is pushed. What the engine does not take is left out: its serials tell it. */
  take(packet: Uint8Array): boolean {
    if (!this.#push) return false;
    this.#push.send(packet);
    return true;
  }
}
