import type { DomainConfig } from '../config/config-schema.ts';

/** What an application may have in the library, and what may go from it. What is left out is without limit. */
export interface MediaLimits {
  /** Of all its media together. */
  mediaBytes?: number;
  mediaFiles?: number;
  /** Media that no task names and that nobody used for so long may go. */
  mediaUnusedDays?: number;
  /** Beyond this the least recently used that no task names may go. */
  mediaKeptBytes?: number;
}

/** Of everybody, and of the disk. */
export interface LibrarySettings extends MediaLimits {
  /** Imports leave so much of the disk free. */
  reserveBytes: number;
}

const GIGABYTE = 1e9;

export const DEFAULT_LIBRARY: Readonly<LibrarySettings> = {
  mediaBytes: 200 * GIGABYTE,
  mediaFiles: 100_000,
  reserveBytes: GIGABYTE,
};

/** From the configuration, in which sizes are in gigabytes (10^9 bytes). [any] */
export function librarySettingsOf({
  gigabytes,
  files = DEFAULT_LIBRARY.mediaFiles!,
  reserveGigabytes,
  unusedDays,
  keptGigabytes,
}: NonNullable<DomainConfig['library']> = {}): LibrarySettings {
  const bytesOf = (size: number) => Math.round(size * GIGABYTE);
  return {
    mediaBytes: gigabytes === undefined ? DEFAULT_LIBRARY.mediaBytes! : bytesOf(gigabytes),
    mediaFiles: files,
    reserveBytes: reserveGigabytes === undefined ? DEFAULT_LIBRARY.reserveBytes : bytesOf(reserveGigabytes),
    ...(unusedDays === undefined ? {} : { mediaUnusedDays: unusedDays }),
    ...(keptGigabytes === undefined ? {} : { mediaKeptBytes: bytesOf(keptGigabytes) }),
  };
}
