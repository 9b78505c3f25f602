import { AudioCloudError } from '@audiocloud/api';
import type { LibrarySettings, MediaLimits } from './media-limits.ts';
import type { MediaIndex, MediaUsage } from './media-index.ts';

export interface MediaQuotaOptions {
  index: MediaIndex;
  settings: LibrarySettings;
  /** What is said of one application in particular. */
  limitsOf(application: string): MediaLimits | undefined;
  /** Undefined where nobody knows. */
  freeBytes(): Promise<number | undefined>;
}

/** What an import or upload will need, as far as that is known. */
interface Reservation {
  application: string;
  bytes: number;
}

/**
 * How much an application may have: every one of its media counts with all its bytes, also where the content was there already, and
 * what is on its way counts from its beginning to its end with all that it will have. [control]
 *
 * Reservations have the ids of imports; that of an upload has the id of the import that it becomes.
 */
export class MediaQuota {
  readonly #options: MediaQuotaOptions;
  readonly #reservations = new Map<string, Reservation>();
  readonly #sums = new Map<string, MediaUsage>();

  constructor(options: MediaQuotaOptions) {
    this.#options = options;
  }

  limitsOf(application: string): MediaLimits {
    const { settings, limitsOf } = this.#options;
    return { ...settings, ...limitsOf(application) };
  }

  /** What is on its way to an application. except: but for that. */
  reservedOf(application: string, except?: string): Readonly<MediaUsage> {
    const { files, bytes } = this.#sums.get(application) ?? { files: 0, bytes: 0 };
    const own = except === undefined ? undefined : this.#reservations.get(except);
    return own?.application === application ? { files: files - 1, bytes: bytes - own.bytes } : { files, bytes };
  }

  /** Whether this may be on its way, with so many bytes. Throws MEDIA_QUOTA. */
  require(id: string, application: string, bytes: number): void {
    const { mediaFiles, mediaBytes } = this.limitsOf(application);
    const kept = this.#options.index.usageOf(application);
    const reserved = this.reservedOf(application, id);
    const files = kept.files + reserved.files;
    if (mediaFiles !== undefined && files + 1 > mediaFiles && !this.#reservations.has(id))
      throw new AudioCloudError(
        'MEDIA_QUOTA',
        `Cannot import one more: the application has ${files} media, with those that are being imported, and may have ${mediaFiles}; delete some first`,
        { limit: 'mediaFiles', most: mediaFiles, used: files, over: files + 1 - mediaFiles },
      );
    const used = kept.bytes + reserved.bytes;
    if (mediaBytes === undefined || used + bytes <= mediaBytes) return;
    const over = used + bytes - mediaBytes;
    const coming = reserved.bytes > 0 ? `, and ${reserved.bytes} more are on their way` : '';
    throw new AudioCloudError(
      'MEDIA_QUOTA',
      `Cannot import ${bytes} bytes: the application has ${kept.bytes} of the ${mediaBytes} that it may have${coming}; that is ${over} too many`,
      { limit: 'mediaBytes', most: mediaBytes, used, over, ...(coming ? { reserved: reserved.bytes } : {}) },
    );
  }

  /**
   * It is on its way from now on, or has other bytes than was said before. Throws MEDIA_QUOTA, and nothing is changed.
   *
   * Gives back what was before, unless that is changed once more meanwhile.
   */
  reserve(id: string, application: string, bytes: number): () => void {
    this.require(id, application, bytes);
    const before = this.#reservations.get(id);
    const own = this.restore(id, application, bytes);
    return () => {
      if (this.#reservations.get(id) === own) this.#set(id, before);
    };
  }

  /** As reserve, of what was there before a restart: it is not judged again. */
  restore(id: string, application: string, bytes: number): Reservation {
    const own = { application, bytes };
    this.#set(id, own);
    return own;
  }

  /** An import that is on its way has, or will have, so many bytes. Throws MEDIA_QUOTA. */
  take(id: string, application: string, bytes: number): void {
    if (this.#reservations.get(id)?.bytes !== bytes) this.restore(id, application, bytes);
    this.require(id, application, bytes);
  }

  isReserved(id: string): boolean {
    return this.#reservations.has(id);
  }

  /** It is on its way no more, and its media count by themselves if they are there. */
  release(id: string): void {
    this.#set(id, undefined);
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

  #set(id: string, reservation: Reservation | undefined): void {
    const before = this.#reservations.get(id);
    if (before) this.#count(before, -1);
    this.#reservations.delete(id);
    if (!reservation) return;
    this.#reservations.set(id, reservation);
    this.#count(reservation, 1);
  }

  #count({ application, bytes }: Reservation, sign: 1 | -1): void {
    const sum = this.#sums.get(application) ?? { files: 0, bytes: 0 };
    const after = { files: sum.files + sign, bytes: sum.bytes + sign * bytes };
    if (after.files > 0) this.#sums.set(application, after);
    else this.#sums.delete(application);
  }
}
