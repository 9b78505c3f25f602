import type { DomainEvent, EventMessage } from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import type { WebSocket } from 'ws';
import type { Clock } from '../clock/clock.ts';
import type { EventFilter } from './event-filter.ts';
import type { EventJournal } from './event-journal.ts';

/** Read and sent at once; the next are read when the network took these. */
const MOST_AT_ONCE = 200;
/** With so many new events waiting the client cannot follow. */
export const MOST_BEHIND = 1_000;
const INTERNAL = 1011;
const TRY_AGAIN_LATER = 1013;

export interface EventSessionOptions {
  /** Of the `ws` package, or what stands in for one. */
  socket: Pick<WebSocket, 'send' | 'close' | 'terminate' | 'on' | 'readyState' | 'OPEN'>;
  journal: EventJournal;
  /** Events after this number; those that are kept come first. */
  after: number;
  filter: EventFilter;
  clock: Clock;
  logger: FastifyBaseLogger;
}

/**
 * One client that follows the log. [control]
 *
 * Replay and live are the same: it reads behind the number it sent last, until there is nothing more, and again when events were
 * added. So there is no seam at which one could be missed or come twice.
 */
export class EventSession {
  readonly #options: EventSessionOptions;
  readonly #unfollow: () => void;
  /** Newest event when the client came: it may take its time for those before. */
  readonly #start: number;
  #sent: number;
  #isSending = false;
  #isOver = false;

  constructor(options: EventSessionOptions) {
    const { socket, journal, after } = options;
    this.#options = options;
    this.#sent = after;
    this.#start = journal.newest;
    this.#unfollow = journal.follow(() => this.#added());
    socket.on('close', () => this.#end());
    const { oldest, newest } = journal;
    socket.send(JSON.stringify({ type: 'log', oldest, newest } satisfies EventMessage));
    void this.#pump();
  }

  #added(): void {
    const { journal, socket, clock } = this.#options;
    if (journal.newest - Math.max(this.#sent, this.#start) <= MOST_BEHIND) void this.#pump();
    else {
      this.#close(TRY_AGAIN_LATER, 'too slow: connect again after the last number that came');
      // The close frame waits behind what the client does not read.
      clock.after(2_000, () => socket.terminate());
    }
  }

  async #pump(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    const { journal, filter, logger } = this.#options;
    try {
      while (!this.#isOver && this.#sent < journal.newest) {
        const { events, next } = await journal.read(this.#sent, MOST_AT_ONCE, filter);
        await this.#send(events);
        this.#sent = next;
      }
    } catch (error) {
      logger.error({ error }, 'events were not sent');
      this.#close(INTERNAL, 'the log cannot be read');
    } finally {
      this.#isSending = false;
    }
  }

  /** Settles when the network took them, or the socket is closed. */
  async #send(events: readonly DomainEvent[]): Promise<void> {
    const { socket } = this.#options;
    await Promise.all(
      events.map(
        (event) =>
          new Promise<void>((resolve) => {
            if (this.#isOver) return resolve();
            // An error is told by the socket closing.
            socket.send(JSON.stringify({ type: 'event', event } satisfies EventMessage), () => resolve());
          }),
      ),
    );
  }

  #close(code: number, reason: string): void {
    this.#end();
    this.#options.socket.close(code, reason);
  }

  #end(): void {
    this.#isOver = true;
    this.#unfollow();
  }
}
