import type { WebSocket } from 'ws';
import type { Clock } from '../clock/clock.ts';

/** With so much waiting in the socket, meters are left out: the next ones are truer anyway. */
const SKIP_METERS_BYTES = 256 * 1024;
/** With so much waiting the client cannot follow: it is closed, and may resume. */
const CLOSE_BYTES = 8 * 1024 * 1024;
const TRY_AGAIN_LATER = 1013;

/** What goes out on one socket; a slow client loses meters, then its connection, and never delays another. [control] */
export class Outbox {
  private readonly socket: WebSocket;
  private readonly clock: Clock;
  private isOver = false;

  constructor(socket: WebSocket, clock: Clock) {
    this.socket = socket;
    this.clock = clock;
  }

  /** Messages that must arrive. */
  message(message: object): void {
    this.send(JSON.stringify(message));
  }

  /** Meters and counters: left out for a client that does not follow. */
  meters(message: object): void {
    if (this.socket.bufferedAmount <= SKIP_METERS_BYTES) this.send(JSON.stringify(message));
  }

  packet(bytes: Uint8Array): void {
    this.send(bytes);
  }

  close(code: number, reason: string): void {
    this.isOver = true;
    this.socket.close(code, reason);
  }

  private send(data: string | Uint8Array): void {
    if (this.isOver || this.socket.readyState !== this.socket.OPEN) return;
    if (this.socket.bufferedAmount > CLOSE_BYTES) {
      this.close(TRY_AGAIN_LATER, 'too slow: connect again and resume');
      // The close frame waits behind what the client does not read.
      this.clock.after(2_000, () => this.socket.terminate());
      return;
    }
    this.socket.send(data);
  }
}
