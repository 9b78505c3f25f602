import type { Socket } from 'node:net';
import { AUDIO_HEAD_BYTES, AudioRequest, check, MessageReader } from '@audiocloud/api';
import type { Outlet } from '../stream/stream-hub.ts';
import type { Engine } from './engine.ts';
import { logLine } from './log-line.ts';

/** One connection on the audio socket: requests come in, packets go out. [control] */
export class AudioConnection implements Outlet {
  private readonly socket: Socket;
  private readonly engine: Engine;
  private readonly reader = new MessageReader();

  constructor(socket: Socket, engine: Engine) {
    this.socket = socket;
    this.engine = engine;
    socket.on('data', (chunk) => this.receive(chunk));
    socket.on('error', () => {}); // its close says it all
    socket.on('close', () => {
      engine.pushes.end(this);
      const dropped = engine.streams.unlisten(this);
      if (dropped > 0) logLine('warn', 'a listener was too slow', { droppedPackets: dropped });
    });
  }

  get waitingBytes(): number {
    return this.socket.writableLength;
  }

  send(head: Uint8Array, body: Uint8Array): void {
    if (!this.socket.writable) return;
    this.socket.cork();
    this.socket.write(head);
    this.socket.write(body);
    this.socket.uncork();
  }

  private receive(chunk: Uint8Array): void {
    try {
      for (const message of this.reader.push(chunk)) this.act(message);
    } catch (thrown) {
      logLine('warn', 'audio connection ended', { why: (thrown as Error).message });
      this.socket.destroy();
    }
  }

  /** There are no answers on the audio stream: what cannot be read is logged, and the connection goes on. */
  private act(bytes: Uint8Array): void {
    let request: AudioRequest;
    try {
      if (isSound(bytes)) {
        const stream = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
        this.engine.pushes.take(this, stream, bytes.subarray(AUDIO_HEAD_BYTES));
        return;
      }
      const message: unknown = JSON.parse(new TextDecoder().decode(bytes));
      request = check(AudioRequest, message, 'audio request', 'MESSAGE_INVALID');
    } catch (thrown) {
      logLine('warn', 'audio request refused', { why: (thrown as Error).message });
      return;
    }
    const { streams, tasks, pushes } = this.engine;
    if (request.type === 'push') {
      pushes.begin(this, request.stream, request.task, request.track);
      return;
    }
    if (request.type === 'unpush') {
      pushes.end(this, request.stream);
      return;
    }
    if (request.type === 'unlisten') {
      streams.unlisten(this, request.stream);
      return;
    }
    const { task, node, stream, format, bitRate, packetMs, token } = request;
    streams.listen({
      key: `${task}/${node ?? ''}`,
      find: () => tasks.sink(task, node),
      outlet: this,
      stream,
      format,
      bitRate,
      packetMs,
      token,
      ended: node === undefined ? () => {} : tasks.listen(task, node),
    });
  }
}

/** Whether a message is the packet of a stream, not JSON, in which there is no zero. */
const isSound = (bytes: Uint8Array): boolean =>
  bytes.length > AUDIO_HEAD_BYTES && bytes[4] === 0 && bytes[5] === 0 && bytes[6] === 0 && bytes[7] === 0;
