import { decodePacket, type PushedFacts } from '@audiocloud/api';
import { PushFeed, type PushTarget } from './push-feed.ts';

interface Push {
  task: string;
  track: string;
  feed: PushFeed;
}

/** What is pushed into one track. */
export interface Pushed {
  task: string;
  track: string;
  pushed: PushedFacts;
}

/** What clients push into tracks, by the connection that it comes by and its stream there. [control] */
export class PushHub {
  readonly #find: (task: string, track: string) => PushTarget | undefined;
  readonly #pushes = new Map<object, Map<number, Push>>();

  constructor(find: (task: string, track: string) => PushTarget | undefined) {
    this.#find = find;
  }

  /** Begins a stream; one of that number ends. */
  begin(from: object, stream: number, task: string, track: string): void {
    this.end(from, stream);
    const streams = this.#pushes.get(from) ?? new Map<number, Push>();
    this.#pushes.set(from, streams);
    streams.set(stream, { task, track, feed: new PushFeed(() => this.#find(task, track)) });
  }

  /** A packet. Of a stream that has ended they are passed over. Throws MESSAGE_INVALID. */
  take(from: object, stream: number, bytes: Uint8Array): void {
    this.#pushes.get(from)?.get(stream)?.feed.take(decodePacket(bytes));
  }

  /** Ends a stream, or all of a connection. */
  end(from: object, stream?: number): void {
    const streams = this.#pushes.get(from);
    if (!streams) return;
    for (const [number, { feed }] of streams)
      if (stream === undefined || number === stream) {
        feed.close();
        streams.delete(number);
      }
    if (streams.size === 0) this.#pushes.delete(from);
  }

  /** What became of each stream so far. */
  facts(): Pushed[] {
    return [...this.#pushes.values()].flatMap((streams) =>
      [...streams.values()].map(({ task, track, feed }) => ({ task, track, pushed: feed.facts() })),
    );
  }
}
