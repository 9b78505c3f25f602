import { check, LiveMessage, type LiveRequest } from '@audiocloud/api';
import { WebSocket } from 'ws';
import { type HeardPacket, heardPacket } from '../../test/heard-packet.ts';

type Ask = LiveRequest extends infer R ? (R extends LiveRequest ? Omit<R, 'id'> : never) : never;
type Kind = LiveMessage['type'];

/** How long a test waits for a message that must come. Generous: a machine may be busy. */
const PATIENCE_MS = 60_000;

/** The other end of a live socket: keeps everything in order, and checks every message against the contract. */
export class LiveClient {
  readonly messages: LiveMessage[] = [];
  readonly packets: HeardPacket[] = [];
  readonly socket: WebSocket;
  closed: { code: number; reason: string } | undefined;
  private fault: unknown;
  private waiting: (() => void)[] = [];
  private lastId = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer, isBinary) => {
      try {
        if (isBinary) this.packets.push(heardPacket(data));
        else
          this.messages.push(
            check(LiveMessage, JSON.parse(String(data)), 'the message', 'MESSAGE_INVALID') as LiveMessage,
          );
      } catch (error) {
        this.fault = error;
      }
      this.wake();
    });
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
      this.wake();
    });
    socket.on('error', () => undefined);
  }

  static open(url: string, headers: Record<string, string> = {}): Promise<LiveClient> {
    const socket = new WebSocket(url, { headers });
    // Before the connection: the first message may come with the answer.
    const client = new LiveClient(socket);
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(client));
      socket.once('error', reject);
    });
  }

  /** The first thing that `find` finds, now or later. */
  async until<R>(find: () => R | undefined | false, what: string): Promise<R> {
    for (const end = Date.now() + PATIENCE_MS; ; ) {
      if (this.fault) throw this.fault;
      const found = find();
      if (found !== undefined && found !== false) return found;
      const left = end - Date.now();
      if (left <= 0) throw new Error(`waited in vain for ${what}; got ${JSON.stringify(this.messages.slice(-5))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** The first message of a type that fits, from place `from` of `messages` on. */
  next<K extends Kind>(
    type: K,
    fits: (message: Extract<LiveMessage, { type: K }>) => boolean = () => true,
    from = 0,
  ): Promise<Extract<LiveMessage, { type: K }>> {
    type M = Extract<LiveMessage, { type: K }>;
    return this.until(
      () => this.messages.slice(from).find((m): m is M => m.type === type && fits(m as M)),
      `a message '${type}'`,
    );
  }

  /** Sends a request; gives the ack or error with its id. */
  async ask(request: Ask): Promise<Extract<LiveMessage, { type: 'ack' | 'error' }>> {
    const id = ++this.lastId;
    this.socket.send(JSON.stringify({ ...request, id }));
    return this.until(
      () =>
        this.messages.find(
          (m): m is Extract<LiveMessage, { type: 'ack' | 'error' }> =>
            (m.type === 'ack' || m.type === 'error') && m.id === id,
        ),
      `the answer to ${request.type}`,
    );
  }

  async ack(request: Ask): Promise<Extract<LiveMessage, { type: 'ack' }>> {
    const answer = await this.ask(request);
    if (answer.type !== 'ack') throw new Error(`${request.type} was refused: ${JSON.stringify(answer.error)}`);
    return answer;
  }

  close(): void {
    this.socket.terminate();
  }

  private wake(): void {
    for (const wake of this.waiting.splice(0)) wake();
  }
}
