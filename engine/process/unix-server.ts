import { existsSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { AudioCloudError } from '@audiocloud/api';

/** The longest path that the system takes for a Unix socket, in bytes (sun_path without its end). */
const MOST_PATH_BYTES = 107;

/** Throws ENGINE_UNAVAILABLE when a living process listens on the socket. [control] */
export async function refuseTaken(path: string): Promise<void> {
  if (!existsSync(path) || !(await answers(path))) return;
  throw new AudioCloudError(
    'ENGINE_UNAVAILABLE',
    `Cannot listen on ${path}: another engine does; end it or use another data folder`,
  );
}

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

/**
 * Listens on a Unix socket that only its owner may use; one that a dead process left is replaced. [control]
 *
 * Throws ENGINE_UNAVAILABLE when another process listens there, REQUEST_INVALID when the path is too long.
 */
export async function listenUnix(path: string, onConnection: (socket: Socket) => void): Promise<Server> {
  const bytes = Buffer.byteLength(path);
  if (bytes > MOST_PATH_BYTES)
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot listen on ${path}: ${bytes} bytes, at most ${MOST_PATH_BYTES}; use a data folder with a shorter path`,
    );
  await refuseTaken(path);
  rmSync(path, { force: true });
  const server = createServer(onConnection);
  // the socket is made inside listen, with the rights that the mask leaves
  const mask = process.umask(0o177);
  try {
    const listening = new Promise<void>((resolve, reject) => {
      server.once('error', reject).once('listening', resolve);
    });
    server.listen(path);
    await listening;
  } finally {
    process.umask(mask);
  }
  return server;
}
