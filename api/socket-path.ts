import { AudioCloudError } from './errors.ts';

/** The longest path that the system takes for a Unix socket, in bytes (sun_path of Linux without its end). */
const MOST_BYTES = 107;

/** The path of a socket of an engine. Throws CONFIG_INVALID when no socket can have it: its data folder lies too deep. [any] */
export function requireSocketPath(path: string): string {
  const bytes = new TextEncoder().encode(path).length;
  if (bytes <= MOST_BYTES) return path;
  throw new AudioCloudError(
    'CONFIG_INVALID',
    `Cannot use the socket ${path}: its path has ${bytes} bytes, at most ${MOST_BYTES} are possible; use a data folder with a shorter path`,
    { path },
  );
}
