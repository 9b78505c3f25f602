import {
  AudioCloudError,
  type GuardCounters,
  type Meters,
  type SinkGuardCounters,
  type TaskState,
  type TransportState,
} from '@audiocloud/api';
import type { Entry } from '../admission/admission.ts';
import type { LoadedTask } from '../task/loaded-task.ts';
import type { LoadedMedia } from './loaded-media.ts';

/** How often it may be told that the guards of a task act. */
const GUARD_MS = 1000;

export interface HeldTaskOptions {
  loaded: LoadedTask;
  entry: Entry;
  media: LoadedMedia;
  /** Blocks missed so far by whoever renders the task. */
  missedBlocks: () => number;
}

/** A task that an engine has loaded, as long as its renderer has it and what became of it. [control] */
export class HeldTask {
  readonly loaded: LoadedTask;
  readonly entry: Entry;
  readonly media: LoadedMedia;
  readonly #missedBlocks: () => number;
  /** Blocks missed before the present play. */
  #missedBefore: number;
  #error: AudioCloudError | undefined;
  /** Rejects when the task is rendered no more. */
  readonly #gone = Promise.withResolvers<never>();
  /** The generation of its image that was looked at last for branches to share. */
  cutGeneration = 0;
  /** How often its levels were told. */
  #turn = 0;
  /** What its guards had done when that was told last, and when that was. */
  #guards = { acts: 0, toldMs: Number.NEGATIVE_INFINITY };

  constructor({ loaded, entry, media, missedBlocks }: HeldTaskOptions) {
    this.loaded = loaded;
    this.entry = entry;
    this.media = media;
    this.#missedBlocks = missedBlocks;
    this.#missedBefore = missedBlocks();
    this.#gone.promise.catch(() => {}); // nobody may be waiting
  }

  /** Why it is rendered no more. */
  get error(): AudioCloudError | undefined {
    return this.#error;
  }

  fail(error: AudioCloudError): void {
    this.#error = error;
    this.#gone.reject(error);
  }

  /** As `answer`, or rejects when the task is rendered no more, so that nobody waits for its renderer for ever. */
  whileRendered<T>(answer: Promise<T>): Promise<T> {
    return Promise.race([answer, this.#gone.promise]);
  }

  /** It is about to play: what it missed before is not of this play. */
  countMissedAnew(): void {
    this.#missedBefore = this.#missedBlocks();
  }

  state(): TaskState {
    const state = this.loaded.state();
    const { trouble } = this.media;
    if (this.#error) return { ...state, state: 'failed', error: this.#error.toJSON() };
    const missedBlocks = this.#missedBlocks() - this.#missedBefore;
    return { ...state, missedBlocks, ...(trouble ? { error: trouble } : {}) };
  }

  /** What of it is worth telling: not the playhead, which the meters carry. */
  condition(): string {
    return `${this.loaded.condition()} ${this.#error?.message ?? ''}`;
  }

  /** Levels since the last call. */
  meters(): { meters: Meters; transport: TransportState } {
    return { meters: this.loaded.meters(this.#turn++), transport: this.loaded.transportState() };
  }

  /** What its guards have done, when they have acted since that was told; at most once in GUARD_MS. */
  guardNews(): SinkGuardCounters | undefined {
    const told = this.#guards;
    const nowMs = performance.now();
    if (nowMs - told.toldMs < GUARD_MS) return undefined;
    const guards = this.loaded.guards();
    const acts = Object.values(guards).reduce((sum, counts) => sum + actsOf(counts), 0);
    const isNews = acts > told.acts;
    told.acts = acts; // fewer when a sink was replaced
    if (isNews) told.toldMs = nowMs;
    return isNews ? guards : undefined;
  }

  uses(unit: string): boolean {
    return Object.values(this.loaded.graph.instances ?? {}).some(({ fixed }) => fixed === unit);
  }

  /** Ends whoever waits for it, and destroys it. Only when no renderer has it any more. */
  dispose(): void {
    const task = this.loaded.id;
    this.#gone.reject(
      new AudioCloudError('TASK_UNKNOWN', `Cannot go on with task '${task}': it was unloaded`, { task }),
    );
    this.loaded.dispose();
  }
}

function actsOf({ limitedBlocks, nonFinite, jumps, offsets }: GuardCounters): number {
  return limitedBlocks + nonFinite + jumps + offsets;
}
