import { existsSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { AudioCloudError, requireSocketPath } from '@audiocloud/api';

/** Throws ENGINE_UNAVAILABLE when a living process listens on the socket, CONFIG_INVALID when its path is too long. [control] */
export async function refuseTaken(path: string): Promise<void> {
  requireSocketPath(path);
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
 * Throws ENGINE_UNAVAILABLE when another process listens there, CONFIG_INVALID when the path is too long.
 */
export async function listenUnix(path: string, onConnection: (socket: Socket) => void): Promise<Server> {
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
