import {
  AudioCloudError,
  type LiveMessage,
  type LiveRequest,
  type Packet,
  asAudioCloudError,
  decodePacket,
} from '@audiocloud/api';

export type Ack = Extract<LiveMessage, { type: 'ack' }>;
type Distributed<T> = T extends unknown ? Omit<T, 'id'> : never;
/** A live request before it has its id. */
export type LiveAsk = Distributed<LiveRequest>;

export interface LiveSocketEvents {
  onOpen(): void;
  onMessage(message: Exclude<LiveMessage, { type: 'ack' }>): void;
  onPacket(packet: Packet): void;
  /** Once, however it ended. */
  onClose(why: AudioCloudError): void;
}

/** One WebSocket of one task: JSON messages, a promise for each request, packets decoded. It does not reconnect. [any] */
export class LiveSocket {
  private socket: WebSocket;
  private waiting = new Map<number, { resolve(ack: Ack): void; reject(error: AudioCloudError): void }>();
  private lastId = 0;
  private events: LiveSocketEvents;
  private ended = false;

  /** @param token API key or token: browsers send no header with a socket, so it goes as a protocol that is offered. */
  constructor(
    url: URL,
    events: LiveSocketEvents,
    Socket: typeof WebSocket = globalThis.WebSocket,
    token: string | undefined = undefined,
  ) {
    this.events = events;
    this.socket = token === undefined ? new Socket(url) : new Socket(url, ['audiocloud', `audiocloud.token.${token}`]);
    this.socket.binaryType = 'arraybuffer';
    this.socket.onopen = () => events.onOpen();
    this.socket.onmessage = ({ data }) => this.take(data);
    this.socket.onerror = () => this.end('the connection failed');
    this.socket.onclose = ({ code, reason }) =>
      this.end(`the domain closed it (${code}${reason ? `, ${reason}` : ''})`);
  }

  /** Sends a request; resolves with its ack, rejects with the error that answers it or CONNECTION_LOST. */
  ask(request: LiveAsk): Promise<Ack> {
    if (this.ended || this.socket.readyState !== 1)
      return Promise.reject(lost(`Cannot send '${request.type}': the connection is down`));
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.socket.send(JSON.stringify({ ...request, id }));
    });
  }

  /** Sends a packet; false while the connection is down, or when more than `mostBytes` wait to be sent. */
  send(packet: Uint8Array<ArrayBuffer>, mostBytes: number): boolean {
    if (this.ended || this.socket.readyState !== 1 || this.socket.bufferedAmount > mostBytes) return false;
    this.socket.send(packet);
    return true;
  }

  close(): void {
    this.socket.close(1000);
    this.end('it was closed here');
  }

  private take(data: unknown): void {
    if (this.ended) return;
    try {
      if (typeof data === 'string') this.takeMessage(JSON.parse(data) as LiveMessage);
      else this.events.onPacket(decodePacket(new Uint8Array(data as ArrayBuffer)));
    } catch (thrown) {
      // what cannot be read cannot be trusted: a new connection begins with a snapshot
      this.socket.close(4000);
      this.end(asAudioCloudError(thrown).message);
    }
  }

  private takeMessage(message: LiveMessage): void {
    if (message.type === 'ack') this.settle(message.id)?.resolve(message);
    else if (message.type === 'error' && message.id !== null)
      this.settle(message.id)?.reject(AudioCloudError.from(message.error));
    else this.events.onMessage(message);
  }

  private settle(id: string | number) {
    const waiter = this.waiting.get(Number(id));
    this.waiting.delete(Number(id));
    return waiter;
  }

  private end(why: string): void {
    if (this.ended) return;
    this.ended = true;
    const error = lost(`Lost the live connection: ${why}`);
    for (const waiter of this.waiting.values()) waiter.reject(error);
    this.waiting.clear();
    this.events.onClose(error);
  }
}

function lost(message: string): AudioCloudError {
  return new AudioCloudError('CONNECTION_LOST', message);
}
