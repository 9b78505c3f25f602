import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { type AdapterPort, AudioCloudError } from '@audiocloud/api';
import type { Address } from './address.ts';

const failed = (action: string, cause: Error) =>
  new AudioCloudError(
    'ADAPTER_FAILED',
    `${action}: ${cause.message}; look at the network of this machine, and at what else uses the port`,
    undefined,
    { cause },
  );

function bound(socket: Socket, localPort: number | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(localPort ?? 0, () => {
      socket.off('error', reject);
      resolve();
    });
  });
}

/**
 * Packets to and from one host. [control]
 *
 * localPort: where the device sends; undefined: any free port, and then only what comes from the device's own port counts.
 * UDP has no connection: it never ends by itself.
 */
export async function openUdp({ host, port }: Address, localPort?: number): Promise<AdapterPort> {
  const name = `${host}:${port}`;
  let socket: Socket;
  let there: { address: string; family: number };
  try {
    there = await lookup(host);
    socket = createSocket(there.family === 6 ? 'udp6' : 'udp4');
    await bound(socket, localPort).catch((error) => {
      socket.close();
      throw error;
    });
  } catch (cause) {
    throw failed(`Cannot open ${name}`, cause as Error);
  }
  let isOpen = true;
  let onClose: (reason: string) => void = () => {};
  const closed = () => new AudioCloudError('ADAPTER_FAILED', `Cannot write to ${name}: it is closed; open it again`);
  /** Writes on their way: a socket that is closed forgets them. */
  const waiting = new Set<(error: Error) => void>();
  const end = () =>
    new Promise<void>((resolve) => {
      if (!isOpen) return resolve();
      isOpen = false;
      socket.close(() => {
        for (const reject of waiting) reject(closed());
        resolve();
      });
    });
  socket.on('error', ({ message }) => void end().then(() => onClose(message)));
  return {
    write: (packet) =>
      new Promise((resolve, reject) => {
        if (!isOpen) return reject(closed());
        waiting.add(reject);
        socket.send(packet, port, there.address, (error) => {
          waiting.delete(reject);
          if (error) reject(failed(`Cannot write to ${name}`, error));
          else resolve();
        });
      }),
    onData: (callback) =>
      void socket.on('message', (packet, from) => {
        if (from.address === there.address && (localPort !== undefined || from.port === port)) callback(packet);
      }),
    onClose: (callback) => {
      onClose = callback;
    },
    close() {
      onClose = () => {};
      return end();
    },
  };
}
