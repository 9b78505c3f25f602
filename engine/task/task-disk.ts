import { DEFAULT_AHEAD_SECONDS } from '../disk/disk-settings.ts';
import type { DiskSpec } from '../disk/disk-spec.ts';
import type { DiskStreams } from '../disk/disk-streams.ts';
import { createPages, growPages, PAGE_FRAMES, type PageImage } from '../disk/page-store.ts';
import { slotsWanted } from '../disk/slots-wanted.ts';
import { aheadFrames, BEHIND_SECONDS, TaskFiller } from '../disk/task-filler.ts';
import { type DiskSound, pcmFileKey } from '../media/disk-sound.ts';
import type { TaskImage } from '../render/task-image.ts';
import type { PlacedClip } from './clip-images.ts';

export interface TaskDiskOptions {
  sampleRate: number;
  /** TaskShared of the task. */
  shared: SharedArrayBuffer;
  /** Who reads ahead; undefined: whoever renders reads for itself, with `readNow`. */
  streams: DiskStreams | undefined;
}

interface Store {
  image: PageImage;
  sound: DiskSound;
}

let lastKey = 0;

/** What of a task is on the disk: memory for it, and who fills that. [control] */
export class TaskDisk {
  readonly key = ++lastKey;
  readonly #options: TaskDiskOptions;
  /** By file. */
  #stores = new Map<string, Store>();
  /** Of the plan that is being made. */
  #wanted = new Map<string, Store>();
  #filler: TaskFiller | undefined;
  #spec: DiskSpec | undefined;
  /** Frames of the timeline that `readNow` has read last. */
  #read = { from: 0, to: 0 };

  constructor(options: TaskDiskOptions) {
    this.#options = options;
  }

  /** Whether there is, or was, anything on the disk. */
  get isUsed(): boolean {
    return this.#spec !== undefined;
  }

  /** The memory of each clip; what is there already grows where clips want more of it. */
  pages(placed: readonly PlacedClip[]): PageImage[] {
    const bySound = new Map<string, PlacedClip[]>();
    for (const one of placed) {
      const key = pcmFileKey(one.sound.file);
      const same = bySound.get(key);
      if (same) same.push(one);
      else bySound.set(key, [one]);
    }
    const { sampleRate, streams } = this.#options;
    const ahead = aheadFrames(streams?.aheadSeconds ?? DEFAULT_AHEAD_SECONDS, sampleRate);
    const windowFrames = ahead + Math.ceil(BEHIND_SECONDS * sampleRate);
    this.#wanted = new Map(
      [...bySound].map(([key, clips]): [string, Store] => {
        const { sound } = clips[0]!;
        const { channels, frames } = sound;
        const slots = slotsWanted(
          clips.map(({ clip }) => clip),
          { channels, frames, windowFrames },
        );
        const before = this.#stores.get(key);
        const image = before ? growPages(before.image, slots) : createPages(channels, frames, slots);
        return [key, { image, sound }];
      }),
    );
    return placed.map(({ sound }) => this.#wanted.get(pcmFileKey(sound.file))!.image);
  }

  /** An image that was made after `pages`, and will be sent: from now on what its clips want is read. */
  take({ generation, tracks }: TaskImage): void {
    for (const [key, store] of this.#wanted) this.#stores.set(key, store);
    const clips = tracks.flatMap(({ clips }) =>
      clips.flatMap(({ start, frames, offset, disk }) => (disk ? { start, frames, offset, store: disk.id } : [])),
    );
    const ids = new Set(clips.map(({ store }) => store));
    for (const [key, { image }] of this.#stores) if (!ids.has(image.id)) this.#stores.delete(key);
    const { sampleRate, shared, streams } = this.#options;
    this.#read = { from: 0, to: 0 };
    if (clips.length === 0 && !this.#spec) return;
    this.#spec = { key: this.key, generation, sampleRate, shared, clips, stores: [...this.#stores.values()] };
    streams?.update(this.#spec);
    this.#filler?.update(this.#spec);
  }

  /** See DiskStreams.near. */
  async near(positionFrame: number, mostMs: number): Promise<void> {
    await this.#options.streams?.near(this.key, positionFrame, mostMs);
  }

  /**
   * Reads what is played in the next `frames` frames from a place on, on this thread. [render, offline] Not where the disk
   * thread does it. Throws MEDIA_MISSING, MEDIA_DAMAGED, TOO_LARGE.
   */
  readNow(positionFrame: number, frames: number): void {
    const spec = this.#spec;
    const { from, to } = this.#read;
    if (!spec || (positionFrame >= from && positionFrame + frames <= to)) return;
    this.#filler ??= new TaskFiller(spec, DEFAULT_AHEAD_SECONDS, () => {});
    const wanted = frames + 4 * PAGE_FRAMES;
    this.#filler.fillNow(positionFrame, wanted);
    this.#read = { from: positionFrame, to: positionFrame + wanted };
  }

  /** After the renderer has let go of the task. */
  dispose(): void {
    this.#options.streams?.forget(this.key);
    this.#filler?.close();
    this.#filler = undefined;
    this.#spec = undefined;
  }
}
