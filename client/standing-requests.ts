import type { ListenRequest } from './live-callbacks.ts';
import type { Ack, LiveAsk } from './live-socket.ts';

/** What holds for as long as a live task is open, and is asked again on every connection. [any] */
export class StandingRequests {
  listening: ListenRequest | undefined;
  /** The track. */
  pushing: string | undefined;
  metersOff = false;
  countersOn = false;

  /** on: where the stream goes on. What is refused now is answered by a message of its own, or by the next drop. */
  again(ask: (request: LiveAsk) => Promise<Ack>, on: () => Partial<ListenRequest>): void {
    const requests: LiveAsk[] = [];
    if (this.metersOff) requests.push({ type: 'meters', on: false });
    if (this.countersOn) requests.push({ type: 'counters', on: true });
    if (this.pushing !== undefined) requests.push({ type: 'push', track: this.pushing });
    if (this.listening) requests.push({ type: 'listen', ...this.listening, ...on() });
    for (const request of requests) ask(request).catch(() => {});
  }
}
