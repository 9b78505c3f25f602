import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { AudioCloudError } from '@audiocloud/api';

/** @import { AdapterPort } from '@audiocloud/api' */

const failed = (action, { message }) =>
  new AudioCloudError('ADAPTER_FAILED', `${action}: ${message}; look at the network`);

/**
 * Packets to and from one device.
 *
 * @param {{ host: string, port: number, localPort?: number }} address
 * @param {() => void} onEnd called once, when the port is closed or lost
 * @returns {Promise<AdapterPort>}
 */
export async function openUdp({ host, port, localPort }, onEnd) {
  const name = `${host}:${port}`;
  const { address, family } = await lookup(host).catch((error) => {
    throw failed(`Cannot open ${name}`, error);
  });
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  await new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(failed(`Cannot open ${name}`, error));
    });
    socket.bind(localPort ?? 0, () => resolve(socket.removeAllListeners('error')));
  });
  let isOpen = true;
  let onClose = (_reason) => {};
  const closed = () => failed(`Cannot write to ${name}`, { message: 'it is closed' });
  /** Writes on their way: a socket that is closed forgets them. */
  const waiting = new Set();
  const end = () =>
    new Promise((resolve) => {
      if (!isOpen) return resolve();
      isOpen = false;
      onEnd();
      socket.close(() => {
        for (const reject of waiting) reject(closed());
        resolve();
      });
    });
  socket.on('error', ({ message }) => end().then(() => onClose(message)));
  return {
    write: (packet) =>
      new Promise((resolve, reject) => {
        if (!isOpen) return reject(closed());
        waiting.add(reject);
        socket.send(packet, port, address, (error) => {
          waiting.delete(reject);
          if (error) reject(failed(`Cannot write to ${name}`, error));
          else resolve();
        });
      }),
    onData: (callback) => socket.on('message', (packet, from) => from.address === address && callback(packet)),
    onClose: (callback) => {
      onClose = callback;
    },
    close() {
      onClose = () => {};
      return end();
    },
  };
}
