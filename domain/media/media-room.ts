import type { MediaLifetime } from './media-lifetime.ts';
import type { MediaQuota } from './media-quota.ts';

/**
 * Room in the library for what is on its way. [control]
 *
 * Ids are those of imports; that of an upload is the one of the import that it becomes.
 */
export class MediaRoom {
  readonly #quota: MediaQuota;
  readonly #lifetime: MediaLifetime;

  constructor(quota: MediaQuota, lifetime: MediaLifetime) {
    this.#quota = quota;
    this.#lifetime = lifetime;
  }

  /** Whether there would be room. Throws MEDIA_QUOTA, DISK_FULL. */
  async require(id: string, application: string, bytes = 0): Promise<void> {
    this.#quota.require(id, application, bytes);
    await this.#quota.requireDisk(bytes);
  }

  /**
   * It is on its way, and will have so many bytes, as far as that is known; missing: of these are not on the disk yet. It
   * counts until it is released, or the import of this id has ended. Throws MEDIA_QUOTA, DISK_FULL; gives back what was before.
   */
  async reserve(id: string, application: string, bytes = 0, missingBytes = bytes): Promise<() => void> {
    await this.#makeRoom(id, application, bytes);
    const undo = this.#quota.reserve(id, application, bytes);
    try {
      await this.#quota.requireDisk(missingBytes);
    } catch (error) {
      undo();
      throw error;
    }
    return undo;
  }

  /** As reserve, of an upload that goes on; one that is on its way no more is looked at alone. */
  async reserveMore(id: string, application: string, bytes: number, missingBytes: number): Promise<void> {
    await this.#makeRoom(id, application, bytes);
    if (this.#quota.isReserved(id)) this.#quota.reserve(id, application, bytes);
    else this.#quota.require(id, application, bytes);
    await this.#quota.requireDisk(missingBytes);
  }

  /** As reserve, of what was there before a restart: it is not judged again. */
  restore(id: string, application: string, bytes: number): void {
    this.#quota.restore(id, application, bytes);
  }

  /** An upload is on its way no more. */
  release(id: string): void {
    this.#quota.release(id);
  }

  /** Removes what may go by itself, so that there is room. */
  async #makeRoom(id: string, application: string, bytes: number): Promise<void> {
    await this.#lifetime.makeRoom(application, this.#quota.reservedOf(application, id).bytes + bytes);
  }
}
