import { connect, type Socket } from 'node:net';
import { type AdapterPort, AudioCloudError, asAudioCloudError } from '@audiocloud/api';
import type { Address } from './address.ts';
import { type Framing, frame, frameReader } from './framing.ts';

const failed = (action: string, cause: Error) =>
  new AudioCloudError(
    'ADAPTER_FAILED',
    `${action}: ${cause.message}; look at the device, its cable and its address`,
    undefined,
    { cause },
  );

/** A connection, or ADAPTER_FAILED when there is none within so many milliseconds. [control] */
export function connectTcp({ host, port }: Address, limitMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 1000 });
    const fail = (cause: Error) => {
      socket.destroy();
      reject(failed(`Cannot connect to ${host}:${port}`, cause));
    };
    const late = setTimeout(() => fail(new Error(`no answer within ${limitMs} ms`)), limitMs);
    socket.once('error', fail).once('connect', () => {
      clearTimeout(late);
      socket.off('error', fail);
      resolve(socket);
    });
    socket.once('close', () => clearTimeout(late));
  });
}

/** A TCP connection as a port of whole packets. It ends with the connection. [control] */
export async function openTcp(address: Address, framing: Framing): Promise<AdapterPort> {
  const socket = await connectTcp(address, 2000);
  const name = `${address.host}:${address.port}`;
  const reader = frameReader(framing);
  let reason = 'the device closed the connection';
  let onClose: (reason: string) => void = () => {};
  // 'close' follows: it says that the port is gone.
  socket.on('error', ({ message }) => {
    reason = message;
  });
  socket.on('close', () => onClose(reason));
  socket.on('end', () => socket.destroy());
  return {
    write: (packet) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed)
          return reject(new AudioCloudError('ADAPTER_FAILED', `Cannot write to ${name}: it is closed; open it again`));
        socket.write(frame(packet, framing), (error) =>
          error ? reject(failed(`Cannot write to ${name}`, error)) : resolve(),
        );
      }),
    // Until this is called the socket is not read: nothing is lost.
    onData: (callback) =>
      void socket.on('data', (bytes) => {
        try {
          for (const packet of reader.push(bytes)) callback(packet);
        } catch (error) {
          socket.destroy(asAudioCloudError(error, 'ADAPTER_FAILED'));
        }
      }),
    onClose: (callback) => {
      onClose = callback;
    },
    close: () =>
      new Promise((resolve) => {
        onClose = () => {};
        if (socket.closed) return resolve();
        socket.once('close', () => resolve());
        socket.destroy();
      }),
  };
}
