import type { SampleFormat } from '@audiocloud/api';
import { encodePiece, measurePiece } from './encode-piece.ts';
import { SinkReader } from './sink-reader.ts';

/** Where packets go: a socket, or a test. */
export interface Outlet {
  /** Bytes given and not yet taken by the other side. */
  readonly waitingBytes: number;
  /** Two parts of one message; `body` is shared with other listeners. */
  send(head: Uint8Array, body: Uint8Array): void;
}

/** A sink as it is now. */
export interface SinkSource {
  ring: SharedArrayBuffer;
  sampleRate: number;
}

interface Listener {
  outlet: Outlet;
  stream: number;
  format: SampleFormat;
  serial: number;
  dropped: number;
}

interface Feed {
  find: () => SinkSource | undefined;
  reader: SinkReader | undefined;
  listeners: Listener[];
}

const TURN_MS = 10;
/** A listener that has so much in its socket gets no more until it has read: about 5 s of stereo s16. */
const MOST_WAITING_BYTES = 1024 * 1024;
// u32 length (framing), u32 stream id, u32 reserved, then the first 16 bytes of the packet, which hold the serial
const HEAD_BYTES = 28;
const PACKET_HEAD_BYTES = 16;

/**
 * Streams of sinks to listeners: one reader for each sink, one encoding for each format, however many listen. [control]
 *
 * A listener follows the name of a sink, through edits and reloads of the task; it may come before the task.
 */
export class StreamHub {
  private readonly feeds = new Map<string, Feed>();
  private timer: NodeJS.Timeout | undefined;

  /**
   * Starts a stream from the next frame on; a stream of the same outlet and id is replaced.
   *
   * key: the same for listeners of the same sink.   find: the sink as it is now, undefined when it is not there.
   */
  listen(key: string, find: () => SinkSource | undefined, outlet: Outlet, stream: number, format: SampleFormat): void {
    this.unlisten(outlet, stream);
    let feed = this.feeds.get(key);
    if (!feed) {
      feed = { find, reader: undefined, listeners: [] };
      this.feeds.set(key, feed);
      const source = find();
      if (source) feed.reader = new SinkReader(source.ring, source.sampleRate, 'next');
    }
    feed.listeners.push({ outlet, stream, format, serial: 0, dropped: 0 });
    this.timer ??= setInterval(() => this.turn(), TURN_MS);
  }

  /** Ends a stream, or all of an outlet. Returns the number of packets that were dropped for it. */
  unlisten(outlet: Outlet, stream?: number): number {
    let dropped = 0;
    for (const [key, feed] of this.feeds) {
      feed.listeners = feed.listeners.filter((listener) => {
        const ends = listener.outlet === outlet && (stream === undefined || listener.stream === stream);
        if (ends) dropped += listener.dropped;
        return !ends;
      });
      if (feed.listeners.length === 0) this.feeds.delete(key);
    }
    if (this.feeds.size === 0) this.close();
    return dropped;
  }

  close(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private turn(): void {
    for (const feed of this.feeds.values()) {
      const source = feed.find();
      if (!source) continue;
      if (source.ring !== feed.reader?.memory) feed.reader = new SinkReader(source.ring, source.sampleRate, 'first');
      this.drain(feed, feed.reader);
    }
  }

  private drain({ listeners }: Feed, reader: SinkReader): void {
    const { channels } = reader;
    const atEnd = reader.stands();
    for (let piece = reader.next(atEnd); piece; piece = reader.next(atEnd)) {
      const meters = measurePiece(piece.samples, channels);
      const packets: Partial<Record<SampleFormat, Uint8Array>> = {};
      for (const listener of listeners) {
        const { format } = listener;
        packets[format] ??= encodePiece(piece, format, channels, reader.sampleRate, meters);
        deliver(listener, packets[format]);
      }
    }
  }
}

function deliver(listener: Listener, packet: Uint8Array): void {
  const serial = listener.serial++; // counted for dropped ones as well: the gap tells the listener
  if (listener.outlet.waitingBytes > MOST_WAITING_BYTES) {
    listener.dropped++;
    return;
  }
  const head = new Uint8Array(HEAD_BYTES);
  const view = new DataView(head.buffer);
  view.setUint32(0, 8 + packet.length, true);
  view.setUint32(4, listener.stream, true);
  head.set(packet.subarray(0, PACKET_HEAD_BYTES), 12);
  view.setUint32(12 + 12, serial, true);
  listener.outlet.send(head, packet.subarray(PACKET_HEAD_BYTES));
}
