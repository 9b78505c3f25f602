import { AudioCloudError } from '@audiocloud/api';
import type { LibrarySettings, MediaLimits } from './media-limits.ts';
import type { MediaIndex } from './media-index.ts';

export interface MediaQuotaOptions {
  index: MediaIndex;
  settings: LibrarySettings;
  /** What is said of one application in particular. */
  limitsOf(application: string): MediaLimits | undefined;
  /** Imports of an application that have not ended. */
  jobsOf(application: string): number;
  /** Undefined where nobody knows. */
  freeBytes(): Promise<number | undefined>;
}

/**
 * How much an application may have: every one of its media counts with all its bytes, also where the content was there already, and
 * an import counts from the moment that it copies. [control]
 */
export class MediaQuota {
  readonly #options: MediaQuotaOptions;
  /** What imports that copy take, by their ids. */
  readonly #taken = new Map<string, { application: string; bytes: number }>();

  constructor(options: MediaQuotaOptions) {
    this.#options = options;
  }

  limitsOf(application: string): MediaLimits {
    const { settings, limitsOf } = this.#options;
    return { ...settings, ...limitsOf(application) };
  }

  /** Whether one more import may begin. bytes: as far as that is known. Throws MEDIA_QUOTA, DISK_FULL. */
  async requireRoom(application: string, bytes = 0): Promise<void> {
    const { mediaFiles } = this.limitsOf(application);
    const files = this.#options.index.usageOf(application).files + this.#options.jobsOf(application);
    if (mediaFiles !== undefined && files + 1 > mediaFiles)
      throw new AudioCloudError(
        'MEDIA_QUOTA',
        `Cannot import one more: the application has ${files} media, with those that are being imported, and may have ${mediaFiles}; delete some first`,
        { limit: 'mediaFiles', most: mediaFiles, used: files, over: files + 1 - mediaFiles },
      );
    this.#requireBytes(application, this.#used(application), bytes);
    await this.requireDisk(bytes);
  }

  /** An import has, or will have, so many bytes. Throws MEDIA_QUOTA. */
  take(job: string, application: string, bytes: number): void {
    this.#taken.delete(job);
    const used = this.#used(application);
    this.#taken.set(job, { application, bytes });
    this.#requireBytes(application, used, bytes);
  }

  /** It copies no more, and its media count by themselves if they are there. */
  release(job: string): void {
    this.#taken.delete(job);
  }

  /** Whether the disk has so much room beside its reserve. Throws DISK_FULL. */
  async requireDisk(bytes: number): Promise<void> {
    const { freeBytes, settings } = this.#options;
    const free = await freeBytes();
    if (free === undefined || free - bytes >= settings.reserveBytes) return;
    const over = settings.reserveBytes - (free - bytes);
    throw new AudioCloudError(
      'DISK_FULL',
      `Cannot import ${bytes} bytes: the disk has ${free} free, of which ${settings.reserveBytes} are kept free; that is ${over} too many`,
      { limit: 'reserveBytes', most: Math.max(0, free - settings.reserveBytes), over },
    );
  }

  #used(application: string): number {
    let used = this.#options.index.usageOf(application).bytes;
    for (const one of this.#taken.values()) if (one.application === application) used += one.bytes;
    return used;
  }

  #requireBytes(application: string, used: number, more: number): void {
    const { mediaBytes } = this.limitsOf(application);
    if (mediaBytes === undefined || used + more <= mediaBytes) return;
    const over = used + more - mediaBytes;
    throw new AudioCloudError(
      'MEDIA_QUOTA',
      `Cannot import ${more} bytes: the application has ${used} of the ${mediaBytes} that it may have; that is ${over} too many`,
      { limit: 'mediaBytes', most: mediaBytes, used, over },
    );
  }
}
