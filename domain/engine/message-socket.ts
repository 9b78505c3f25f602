import { connect, type Socket } from 'node:net';
import { AudioCloudError, frameMessage, MessageReader } from '@audiocloud/api';

/** Whole messages over a Unix socket (api/framing.ts). */
export interface MessageSocket {
  send(payload: Uint8Array): void;
  /** Bytes that were given and that the other side has not taken. */
  readonly waitingBytes: number;
  close(): void;
}

export interface MessageSocketEvents {
  message(payload: Uint8Array): void;
  /** Once; `error` when the socket did not end in the ordinary way. */
  closed(error?: Error): void;
}

/** Connects to the socket file `path`. Rejects with ENGINE_UNAVAILABLE when nobody listens there. [control] */
export function connectMessages(path: string, events: MessageSocketEvents): Promise<MessageSocket> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(path);
    const reader = new MessageReader();
    let failure: Error | undefined;
    socket.once('connect', () => {
      socket.on('data', (chunk) => {
        try {
          for (const message of reader.push(chunk)) events.message(message);
        } catch (error) {
          failure = error as Error;
          socket.destroy();
        }
      });
      socket.once('close', () => events.closed(failure));
      resolve({
        send: (payload) => void socket.write(frameMessage(payload)),
        get waitingBytes() {
          return socket.writableLength;
        },
        close: () => socket.destroy(),
      });
    });
    socket.on('error', (cause) => {
      failure = cause;
      // After the connection was made this rejects a promise that was already resolved, which does nothing.
      reject(
        new AudioCloudError('ENGINE_UNAVAILABLE', `Cannot reach the engine at ${path}: ${cause.message}`, undefined, {
          cause,
        }),
      );
    });
  });
}
