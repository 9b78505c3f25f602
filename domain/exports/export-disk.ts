import type { OwnedExport } from './export-record.ts';

/**
 * Files of exports. [control]
 *
 * A promise that settled is durable. Throws MEDIA_UNREADABLE for what the disk refuses, DISK_FULL when it has no room.
 */
export interface ExportDisk {
  /** An empty folder for one try, an absolute path; what the tries before left is removed. */
  begin(owned: OwnedExport): Promise<string>;
  /** Gives the files of the last try their place; once more changes nothing. Throws when they are not there as a whole. */
  keep(owned: OwnedExport, files: readonly { name: string; bytes: number }[]): Promise<void>;
  /** Removes all that there is of an export. */
  drop(owned: OwnedExport): Promise<void>;
  /** Where a file lies once it is kept. */
  pathOf(owned: OwnedExport, name: string): string;
  /** Removes what a crash left: tries, and files of exports that have none. */
  sweep(isHad: (owned: OwnedExport) => boolean): Promise<void>;
  /** Bytes that the disk has left. */
  freeBytes(): Promise<number>;
}
