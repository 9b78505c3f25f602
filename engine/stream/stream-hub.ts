import type { PacketFormat } from '@audiocloud/api';
import { encodePiece, measurePiece } from './encode-piece.ts';
import { fade } from './fade.ts';
import { type Piece, SinkReader } from './sink-reader.ts';

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

export interface ListenOptions {
  /** The same for listeners of the same node. */
  key: string;
  /** Where it is heard now; undefined when it is not there. */
  find: () => SinkSource | undefined;
  outlet: Outlet;
  /** Chosen by the outlet. */
  stream: number;
  format: PacketFormat;
  /** Called once, when nobody hears it through this any more. */
  ended?: () => void;
}

interface Listener {
  outlet: Outlet;
  stream: number;
  format: PacketFormat;
  serial: number;
  dropped: number;
  ended: () => void;
  /** What it changes over to, as soon as that can be heard. */
  next: { feed: Feed; listener: Listener } | undefined;
  /** It waits until the one before has faded out. */
  isWaiting: boolean;
  /** Where the one before ended: the next piece after that fades in. */
  from: { playId: number; streamFrame: number } | undefined;
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
   * Starts a stream from the next frame on. A stream of the same outlet and id fades out as soon as the new one can be
   * heard, which fades in from there: between the two, less than a piece is left out.
   */
  listen({ key, find, outlet, stream, format, ended = () => {} }: ListenOptions): void {
    const before = this.sounding(outlet, stream);
    if (before?.listener.next) this.drop(before.listener);
    if (before?.feed === this.feeds.get(key) && before?.listener.format === format) {
      ended();
      return;
    }
    let feed = this.feeds.get(key);
    if (!feed) {
      feed = { find, reader: undefined, listeners: [] };
      this.feeds.set(key, feed);
      const source = find();
      if (source) feed.reader = new SinkReader(source.ring, source.sampleRate, 'next');
    }
    const isWaiting = before !== undefined;
    const listener = {
      outlet,
      stream,
      format,
      serial: 0,
      dropped: 0,
      ended,
      isWaiting,
      next: undefined,
      from: undefined,
    };
    feed.listeners.push(listener);
    if (before) before.listener.next = { feed, listener };
    this.timer ??= setInterval(() => this.turn(), TURN_MS);
  }

  /** Ends a stream, or all of an outlet. Returns the number of packets that were dropped for it. */
  unlisten(outlet: Outlet, stream?: number): number {
    let dropped = 0;
    for (const [key, feed] of this.feeds) {
      feed.listeners = feed.listeners.filter((listener) => {
        const ends = listener.outlet === outlet && (stream === undefined || listener.stream === stream);
        if (ends) {
          dropped += listener.dropped;
          listener.ended();
        }
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

  /** The listener of a stream that others wait for. */
  private sounding(outlet: Outlet, stream: number): { feed: Feed; listener: Listener } | undefined {
    for (const feed of this.feeds.values())
      for (const listener of feed.listeners)
        if (listener.outlet === outlet && listener.stream === stream && !listener.isWaiting) return { feed, listener };
    return undefined;
  }

  /** Takes back what a listener is about to change over to. */
  private drop(listener: Listener): void {
    const { feed, listener: waiting } = listener.next!;
    feed.listeners = feed.listeners.filter((one) => one !== waiting);
    listener.next = undefined;
    waiting.ended();
  }

  private turn(): void {
    for (const feed of this.feeds.values()) {
      const source = feed.find();
      if (!source) {
        this.changeOver(feed);
        continue;
      }
      if (source.ring !== feed.reader?.memory) feed.reader = new SinkReader(source.ring, source.sampleRate, 'first');
      this.drain(feed, feed.reader);
    }
    for (const [key, { listeners }] of this.feeds) if (listeners.length === 0) this.feeds.delete(key);
  }

  /** Lets those go on that have something to change over to and would wait in vain: here nothing comes. */
  private changeOver(feed: Feed): void {
    for (const listener of [...feed.listeners])
      if (listener.next?.feed.reader && !listener.isWaiting) handOver(feed, listener, undefined);
  }

  private drain(feed: Feed, reader: SinkReader): void {
    const { channels, sampleRate } = reader;
    const atEnd = reader.stands();
    let piece = reader.next(atEnd);
    if (!piece && atEnd) this.changeOver(feed);
    for (; piece; piece = reader.next(atEnd)) {
      const meters = measurePiece(piece.samples, channels);
      const packets: Partial<Record<PacketFormat, Uint8Array>> = {};
      for (const listener of [...feed.listeners]) {
        const { format, from, next } = listener;
        if (listener.isWaiting || (from && piece.playId === from.playId && piece.streamFrame < from.streamFrame))
          continue;
        const isLast = next?.feed.reader !== undefined;
        if (from || isLast) {
          const faded = { ...piece, samples: fade(piece.samples, channels, from !== undefined, isLast) };
          listener.from = undefined;
          deliver(listener, encodePiece(faded, format, channels, sampleRate, measurePiece(faded.samples, channels)));
          if (isLast) handOver(feed, listener, piece);
          continue;
        }
        packets[format] ??= encodePiece(piece, format, channels, sampleRate, meters);
        deliver(listener, packets[format]);
      }
    }
  }
}

/** Ends a listener after a piece; the one that it changes over to goes on with its serials. */
function handOver(feed: Feed, listener: Listener, last: Piece | undefined): void {
  const { listener: next } = listener.next!;
  feed.listeners = feed.listeners.filter((one) => one !== listener);
  next.isWaiting = false;
  next.serial = listener.serial;
  next.dropped += listener.dropped;
  next.from = last && { playId: last.playId, streamFrame: last.streamFrame + last.frames };
  listener.ended();
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
