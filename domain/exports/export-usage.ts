import { AudioCloudError } from '@audiocloud/api';
import type { ExportDisk } from './export-disk.ts';
import type { ExportLimits } from './export-limits.ts';
import type { OwnedExport } from './export-record.ts';

/** What the files of applications take, and what they may. [control] */
export class ExportUsage {
  readonly #limits: ExportLimits;
  readonly #disk: ExportDisk;
  readonly #bytes = new Map<string, Map<string, number>>();

  constructor(limits: ExportLimits, disk: ExportDisk) {
    this.#limits = limits;
    this.#disk = disk;
  }

  set({ application, id }: OwnedExport, bytes: number): void {
    const its = this.#bytes.get(application) ?? new Map<string, number>();
    if (bytes > 0) its.set(id, bytes);
    else its.delete(id);
    if (its.size > 0) this.#bytes.set(application, its);
    else this.#bytes.delete(application);
  }

  bytesOf(application: string): number {
    return [...(this.#bytes.get(application)?.values() ?? [])].reduce((sum, one) => sum + one, 0);
  }

  bytesOfExport({ application, id }: OwnedExport): number {
    return this.#bytes.get(application)?.get(id) ?? 0;
  }

  /** Throws EXPORT_LIMIT when an application may have no more exports, or no more bytes. */
  requireMore(application: string, open: number): void {
    const { mostOpen } = this.#limits;
    if (open >= mostOpen)
      throw new AudioCloudError(
        'EXPORT_LIMIT',
        `Cannot export: ${open} exports of the application have not ended, ${mostOpen} may be; wait for their end or cancel some`,
        { limit: 'open', open, mostOpen },
      );
    this.#requireBytes(application, 1);
  }

  /** Throws EXPORT_LIMIT, DISK_FULL when so many bytes are too much for an export. */
  async requireRoom({ application, id }: OwnedExport, bytes: number): Promise<void> {
    this.#requireBytes(application, bytes, id);
    const { reserveBytes } = this.#limits;
    const freeBytes = await this.#disk.freeBytes();
    if (freeBytes < reserveBytes)
      throw new AudioCloudError(
        'DISK_FULL',
        `Cannot export: the disk has ${freeBytes} bytes free, ${reserveBytes} are to stay free, ${reserveBytes - freeBytes} are missing`,
        { freeBytes, reserveBytes },
      );
  }

  #requireBytes(application: string, more: number, except?: string): void {
    const { mostBytes } = this.#limits;
    const own = except === undefined ? 0 : (this.#bytes.get(application)?.get(except) ?? 0);
    const usedBytes = this.bytesOf(application) - own;
    if (usedBytes + more <= mostBytes) return;
    throw new AudioCloudError(
      'EXPORT_LIMIT',
      `Cannot export: the files of the application would have ${usedBytes + more} bytes, ${mostBytes} may be, ${usedBytes + more - mostBytes} too much; delete exports`,
      { limit: 'bytes', usedBytes, mostBytes },
    );
  }
}
