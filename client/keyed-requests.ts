import type { Ack, LiveAsk } from './live-socket.ts';

// A request that nobody knows the answer of is sent again when the connection is back by then; later nobody expects it.
const RESEND_MS = 10_000;

/** A request that has one effect however often it is sent. */
interface Keyed {
  request: LiveAsk;
  resolve(ack: Ack): void;
  reject(error: unknown): void;
}

/** Requests that may be sent again, since their key gives them one effect: after a drop they are, in order. [any] */
export class KeyedRequests {
  /** Sent and not answered, in order. */
  private waiting = new Set<Keyed>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private send: (request: LiveAsk) => Promise<Ack>;

  constructor(send: (request: LiveAsk) => Promise<Ack>) {
    this.send = send;
  }

  /** isHeld: behind those from before a drop, which `again` sends with it. */
  ask(request: LiveAsk, isHeld: boolean): Promise<Ack> {
    return new Promise((resolve, reject) => {
      const one = { request: { ...request, key: newKey() } as LiveAsk, resolve, reject };
      this.waiting.add(one);
      if (!isHeld) this.launch(one);
    });
  }

  /** The connection is lost: rejected with that when it is not back in time. */
  dropped(why: unknown): void {
    if (this.waiting.size > 0) this.timer ??= setTimeout(() => this.fail(why), RESEND_MS);
  }

  again(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const one of [...this.waiting]) this.launch(one);
  }

  /** For good. */
  end(error: unknown): void {
    clearTimeout(this.timer);
    this.fail(error);
  }

  private launch(one: Keyed): void {
    const settle = (tell: () => void) => {
      if (this.waiting.delete(one)) tell();
    };
    this.send(one.request).then(
      (ack) => settle(() => one.resolve(ack)),
      // a drop is no answer: it is sent again, or rejected with all others
      (error) => error.code !== 'CONNECTION_LOST' && settle(() => one.reject(error)),
    );
  }

  private fail(error: unknown): void {
    for (const { reject } of this.waiting) reject(error);
    this.waiting.clear();
  }
}

/** Random enough; the nicer ways need a secure context in browsers. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
