import type { TransportChange } from '@audiocloud/api';
import type { TaskShared } from '../render/task-shared.ts';
import type { TaskDisk } from './task-disk.ts';
import type { TaskTransport } from './task-transport.ts';

/** For so long play waits for a slow disk; then it begins in silence. */
const PLAY_MS = 2000;
/** A load takes as long as it takes; a disk that does not answer is told of by what is late. */
const LOAD_MS = 20_000;
/** The same of a seek, which plays on where it was meanwhile, and of an edit. */
const NEAR_MS = 200;

export interface NearSoundOptions {
  disk: TaskDisk;
  transport: TaskTransport;
  shared: TaskShared;
  sampleRate: number;
}

/** Waits until what a task is about to play is near enough to be heard at once, or for a while. At once where nothing is on the disk. [control] */
export class NearSound {
  readonly #options: NearSoundOptions;

  constructor(options: NearSoundOptions) {
    this.#options = options;
  }

  /** What a change of the transport is about to play: to be waited for before `LoadedTask.transport`. */
  async before({ play, positionSeconds, loop }: TransportChange): Promise<void> {
    const { disk, transport, shared, sampleRate } = this.#options;
    const toFrame = (seconds: number): number => Math.round(seconds * sampleRate);
    const begins = play === true && !transport.isPlaying;
    const { positionFrame } = shared;
    if (positionSeconds !== undefined) await disk.near(toFrame(positionSeconds), begins ? PLAY_MS : NEAR_MS);
    else if (begins) await disk.near(positionFrame, PLAY_MS);
    else if (loop) await disk.near(toFrame(loop.startSeconds), NEAR_MS);
  }

  /** The beginning of the timeline, at a load: the disk thread may have to be started first. */
  async head(): Promise<void> {
    await this.#options.disk.near(0, LOAD_MS);
  }

  /** What an edit brings into what plays: to be waited for before its image is sent. */
  async playhead(): Promise<void> {
    const { disk, transport, shared } = this.#options;
    if (transport.isPlaying) await disk.near(shared.positionFrame, NEAR_MS);
  }
}
