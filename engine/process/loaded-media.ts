import type { ErrorBody, Task } from '@audiocloud/api';
import { isOnDisk, type Sound } from '../media/disk-sound.ts';
import { openPlayable, type OpenPlayableOptions } from '../media/open-playable.ts';
import { mediaInSlots, openTaskSounds } from '../media/task-media.ts';

type MediaOptions = Omit<OpenPlayableOptions, 'isWhole'>;

/** By name. */
export interface MediaByName {
  sounds: Record<string, Sound>;
  paths: Record<string, string>;
}

/** The media of one task that an engine has loaded, opened to be played. [control] */
export class LoadedMedia {
  readonly #options: MediaOptions;
  #media: MediaByName;
  /** Files that cannot be read any more, by path. */
  readonly #unread = new Map<string, ErrorBody>();

  private constructor(media: MediaByName, options: MediaOptions) {
    this.#media = media;
    this.#options = options;
  }

  /** Throws what openPlayable throws. */
  static async open(graph: Task, paths: Record<string, string>, options: MediaOptions): Promise<LoadedMedia> {
    return new LoadedMedia({ sounds: await openTaskSounds(graph, paths, options), paths }, options);
  }

  get sounds(): Record<string, Sound> {
    return this.#media.sounds;
  }

  /** What there is, and more, as another graph uses it. Throws what openPlayable throws. */
  async with(graph: Task, paths: Record<string, string>): Promise<MediaByName> {
    const { sounds, paths: pathsBefore } = this.#media;
    const more = await openTaskSounds(graph, paths, this.#options);
    const media = { sounds: { ...sounds, ...more }, paths: { ...pathsBefore, ...paths } };
    await this.#completeSlots(graph, media);
    return media;
  }

  /** Has those of them that a graph names from now on. */
  take({ sounds, paths }: MediaByName, graph: Task): void {
    const names = Object.keys(graph.media ?? {});
    const ofNames = <T>(all: Record<string, T>) =>
      Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
    this.#media = { sounds: ofNames(sounds), paths: ofNames(paths) };
    const inUse = Object.values(this.#media.paths);
    for (const path of this.#unread.keys()) if (!inUse.includes(path)) this.#unread.delete(path);
  }

  /** A file cannot be read, or can be read again. */
  note(path: string, error: ErrorBody | undefined): void {
    if (error) this.#unread.set(path, error);
    else this.#unread.delete(path);
  }

  /** Why a file of it cannot be read any more; undefined: all can. */
  get trouble(): ErrorBody | undefined {
    const [unread] = this.#unread.values();
    return unread;
  }

  /** Media that were clips alone until now, and that an instance has in a slot from now on, are read as a whole as well. */
  async #completeSlots(graph: Task, { sounds, paths }: MediaByName): Promise<void> {
    for (const name of mediaInSlots(graph)) {
      const sound = Object.hasOwn(sounds, name) ? sounds[name]! : undefined;
      if (!sound || !isOnDisk(sound) || sound.whole) continue;
      const whole = await openPlayable(paths[name]!, { ...this.#options, isWhole: true });
      if (!isOnDisk(whole)) sounds[name] = { ...sound, whole };
    }
  }
}
