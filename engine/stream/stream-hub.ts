import { Worker } from 'node:worker_threads';
import { AUDIO_KIND, type AudioNotice, type ErrorBody, PACKET_AT } from '@audiocloud/api';
import type { TaskReports } from '../task/report-places.ts';
import { SinkRing } from '../render/sink-ring.ts';
import type { FeedQuality, FromStreamThread, NodeReports, NodeRing, ToStreamThread } from './stream-message.ts';

/** Where packets go: a socket, or a test. */
export interface Outlet {
  /** Bytes given and not yet taken by the other side. */
  readonly waitingBytes: number;
  /** Two parts of one message; `body` is shared with other listeners. */
  send(head: Uint8Array, body: Uint8Array): void;
}

/** A node as it is now. */
export interface SinkSource {
  ring: SharedArrayBuffer;
  sampleRate: number;
  /** See Packet.run. */
  run: number;
  reports?: TaskReports | undefined;
}

export interface ListenOptions extends Partial<FeedQuality> {
  /** The same for listeners of the same node. */
  key: string;
  /** Where it is heard now; undefined when it is not there. */
  find: () => SinkSource | undefined;
  outlet: Outlet;
  /** Chosen by the outlet. */
  stream: number;
  format: FeedQuality['format'];
  /** Of this request: notices carry it. */
  token?: number | undefined;
  /** Called once, when nobody hears it through this any more. */
  ended?: () => void;
}

export interface HubOptions {
  /** Frames of a node were gone before they were read: the machine is too slow. */
  onLost(node: string, frames: number): void;
  /** The thread broke; another one goes on. */
  onFault(error: Error): void;
}

interface Listener {
  outlet: Outlet;
  stream: number;
  token: number | undefined;
  dropped: number;
  ended: () => void;
  /** It waits until the one before has faded out. */
  isWaiting: boolean;
  /** What it changes over to, and the number of that change. */
  next: { feed: HubFeed; listener: Listener; job: number } | undefined;
  /** What ends before is not sent: it came faded. */
  after: { playId: number; streamFrame: number } | undefined;
}

interface HubFeed {
  id: number;
  key: string;
  node: string;
  quality: FeedQuality;
  find: () => SinkSource | undefined;
  ring: SharedArrayBuffer | undefined;
  reports: TaskReports | undefined;
  began: { sampleRate: number; channels: number } | undefined;
  listeners: Listener[];
}

const LOOK_MS = 10;
/** A listener that has so much in its socket gets no more until it has read: about 5 s of stereo s16. */
const MOST_WAITING_BYTES = 1024 * 1024;
// u32 length (framing), u32 stream id, u32 kind
const HEAD_BYTES = 12;
const DEFAULT_MS = 10;
const OPUS_MS = 20;

/**
 * Streams of nodes to listeners: one reader for each node and length of packets, one encoder for each quality, however many
 * listen. What is read, encoded and measured is so on a thread of its own; here packets are only handed out. [control]
 *
 * A listener follows the name of a node, through edits and reloads of the task; it may come before the task.
 */
export class StreamHub {
  private readonly feeds = new Map<string, HubFeed>();
  private readonly byId = new Map<number, HubFeed>();
  private readonly jobs = new Map<number, { feed: HubFeed; listener: Listener }>();
  private readonly options: HubOptions;
  private thread: Worker | undefined;
  private timer: NodeJS.Timeout | undefined;
  private lastId = 0;
  private made = 0;
  private sent = 0;

  constructor({ onLost = () => {}, onFault = () => {} }: Partial<HubOptions> = {}) {
    this.options = { onLost, onFault };
  }

  /** Encoders that there are, packets that they gave and that listeners were sent, since the hub began. */
  get counts(): { encoders: number; encodedPackets: number; sentPackets: number } {
    return { encoders: this.feeds.size, encodedPackets: this.made, sentPackets: this.sent };
  }

  /**
   * Starts a stream from the next frame on. A stream of the same outlet and id fades out as soon as the new one can be
   * heard, which fades in from there: between the two, less than a packet is left out.
   */
  listen({ key: node, find, outlet, stream, format, bitRate, packetMs, token, ended = () => {} }: ListenOptions): void {
    const quality = { format, bitRate, packetMs: packetMs ?? (format === 'opus' ? OPUS_MS : DEFAULT_MS) };
    const key = `${node} ${format} ${format === 'opus' ? bitRate : ''} ${quality.packetMs}`;
    const before = this.sounding(outlet, stream);
    if (before?.listener.next) this.drop(before.listener);
    if (before && before.feed === this.feeds.get(key)) {
      before.listener.isWaiting = false;
      before.listener.token = token;
      ended();
      this.join(before.feed, before.listener);
      return;
    }
    const feed = this.feeds.get(key) ?? this.open(key, node, find, quality);
    const listener: Listener = {
      outlet,
      stream,
      token,
      dropped: 0,
      ended,
      isWaiting: before !== undefined,
      next: undefined,
      after: undefined,
    };
    feed.listeners.push(listener);
    if (before) {
      const job = ++this.lastId;
      before.listener.next = { feed, listener, job };
      this.jobs.set(job, before);
      this.ask({ type: 'cross', job, from: before.feed.id, to: feed.id });
    } else this.join(feed, listener);
  }

  /** Ends a stream, or all of an outlet. Returns the number of packets that were dropped for it. */
  unlisten(outlet: Outlet, stream?: number): number {
    let dropped = 0;
    for (const feed of [...this.feeds.values()])
      for (const listener of feed.listeners.slice()) {
        if (listener.outlet !== outlet || (stream !== undefined && listener.stream !== stream)) continue;
        if (listener.next) this.drop(listener);
        dropped += listener.dropped;
        this.leave(feed, listener);
      }
    return dropped;
  }

  close(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.feeds.clear();
    this.byId.clear();
    void this.thread?.terminate();
    this.thread = undefined;
  }

  private open(key: string, node: string, find: () => SinkSource | undefined, quality: FeedQuality): HubFeed {
    const source = find();
    const feed: HubFeed = {
      id: ++this.lastId,
      key,
      node,
      quality,
      find,
      ring: source?.ring,
      reports: source?.reports,
      began: undefined,
      listeners: [],
    };
    this.feeds.set(key, feed);
    this.byId.set(feed.id, feed);
    this.ask({ type: 'open', feed: feed.id, node, quality, ring: fromNowOn(source) });
    if (source?.reports) this.ask({ type: 'reports', node, reports: nodeReports(source) });
    this.timer ??= setInterval(() => this.look(), LOOK_MS);
    return feed;
  }

  private leave(feed: HubFeed, listener: Listener): void {
    feed.listeners = feed.listeners.filter((one) => one !== listener);
    listener.ended();
    if (feed.listeners.length > 0) return;
    this.feeds.delete(feed.key);
    this.byId.delete(feed.id);
    this.ask({ type: 'close', feed: feed.id });
    if (this.feeds.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** The listener of a stream that others wait for. */
  private sounding(outlet: Outlet, stream: number): { feed: HubFeed; listener: Listener } | undefined {
    for (const feed of this.feeds.values())
      for (const listener of feed.listeners)
        if (listener.outlet === outlet && listener.stream === stream && (!listener.isWaiting || listener.next))
          return { feed, listener };
    return undefined;
  }

  /** Takes back what a listener is about to change over to. */
  private drop(listener: Listener): void {
    const { feed, listener: waiting, job } = listener.next!;
    listener.next = undefined;
    this.jobs.delete(job);
    this.ask({ type: 'uncross', job });
    this.leave(feed, waiting);
  }

  /** Tells the thread of rings that are others than before. */
  private look(): void {
    const told = new Set<string>();
    for (const feed of this.feeds.values()) {
      const source = feed.find();
      if (source && source.reports !== feed.reports) {
        feed.reports = source.reports;
        this.ask({ type: 'reports', node: feed.node, reports: nodeReports(source) });
      }
      if (!source || source.ring === feed.ring) continue;
      feed.ring = source.ring;
      if (told.has(feed.node)) continue;
      told.add(feed.node);
      this.ask({ type: 'ring', node: feed.node, ring: { ...nodeRing(source), position: 0 } });
    }
  }

  private ask(message: ToStreamThread): void {
    this.thread ??= this.start();
    this.thread.postMessage(message);
  }

  private start(): Worker {
    const thread = new Worker(new URL(`./stream-thread${import.meta.url.slice(-3)}`, import.meta.url));
    thread.unref();
    thread.on('error', (error) => this.restart(thread, error));
    thread.on('message', (messages: FromStreamThread[]) => {
      for (const message of messages) this.take(message);
    });
    return thread;
  }

  /** What was being encoded is lost; all go on with the next frames. */
  private restart(thread: Worker, error: Error): void {
    if (this.thread !== thread) return;
    this.thread = undefined;
    this.options.onFault(error);
    for (const [job, { listener }] of this.jobs) {
      this.jobs.delete(job);
      if (listener.next) this.drop(listener);
    }
    for (const { id, node, find, quality } of this.feeds.values()) {
      const source = find();
      this.ask({ type: 'open', feed: id, node, quality, ring: fromNowOn(source) });
      if (source?.reports) this.ask({ type: 'reports', node, reports: nodeReports(source) });
    }
  }

  private take(message: FromStreamThread): void {
    switch (message.type) {
      case 'crossed':
        this.crossed(message);
        break;
      case 'lost':
        this.options.onLost(message.node, message.frames);
        break;
      default: {
        const feed = this.byId.get(message.feed);
        if (feed) this.takeOf(feed, message);
      }
    }
  }

  private takeOf(feed: HubFeed, message: Extract<FromStreamThread, { feed: number }>): void {
    switch (message.type) {
      case 'began':
        feed.began = { sampleRate: message.sampleRate, channels: message.channels };
        for (const listener of feed.listeners) if (!listener.isWaiting) this.join(feed, listener);
        break;
      case 'failed':
        this.fail(feed, message.error);
        break;
      case 'packet': {
        this.made++;
        const { bytes } = message;
        for (const listener of feed.listeners) {
          if (listener.isWaiting || (listener.after && !isAfter(bytes, listener.after))) continue;
          listener.after = undefined;
          this.deliver(listener, bytes);
        }
      }
    }
  }

  /** Tells a listener what it hears now, if that is known. */
  private join(feed: HubFeed, listener: Listener): void {
    if (feed.began) notify(listener, { type: 'joined', ...feed.began });
  }

  private fail(feed: HubFeed, error: ErrorBody): void {
    for (const listener of feed.listeners.slice()) {
      notify(listener, { type: 'refused', error });
      if (listener.next) this.drop(listener);
      // One that waits for this: what it would have followed ends as well.
      for (const [job, { feed: from, listener: before }] of this.jobs)
        if (before.next?.listener === listener) {
          before.next = undefined;
          this.jobs.delete(job);
          this.ask({ type: 'uncross', job });
          this.leave(from, before);
        }
      this.leave(feed, listener);
    }
  }

  private crossed(message: Extract<FromStreamThread, { type: 'crossed' }>): void {
    const crossing = this.jobs.get(message.job);
    if (!crossing) return;
    const { feed, listener } = crossing;
    if (message.step === 'out') {
      this.deliver(listener, message.bytes);
      listener.isWaiting = true; // it gets nothing more; who changes again meanwhile begins anew
      return;
    }
    this.jobs.delete(message.job);
    const { feed: to, listener: next } = listener.next!;
    next.dropped += listener.dropped;
    listener.next = undefined;
    next.isWaiting = false;
    this.leave(feed, listener);
    if (message.step === 'in') {
      const view = new DataView(message.bytes.buffer);
      next.after = { playId: view.getUint32(PACKET_AT.playId, true), streamFrame: endOf(view) };
      this.deliver(next, message.bytes);
    }
    this.join(to, next);
  }

  private deliver(listener: Listener, packet: Uint8Array): void {
    if (listener.outlet.waitingBytes > MOST_WAITING_BYTES) {
      listener.dropped++;
      return;
    }
    this.sent++;
    listener.outlet.send(headOf(listener.stream, AUDIO_KIND.packet, packet.length), packet);
  }
}

const nodeRing = ({ ring, sampleRate, run }: SinkSource): Omit<NodeRing, 'position'> => ({
  memory: heard(ring),
  sampleRate,
  run,
});

function heard(ring: SharedArrayBuffer): SharedArrayBuffer {
  new SinkRing(ring).hear();
  return ring;
}

const nodeReports = ({ reports }: SinkSource): NodeReports | undefined =>
  reports && { memory: reports.image.ring, layout: reports.layout };

/** Of a node that is there, what comes next; of one that comes later, all of it. */
const fromNowOn = (source: SinkSource | undefined): NodeRing | undefined =>
  source && { ...nodeRing(source), position: new SinkRing(source.ring).written };

/** The frame of the stream behind a packet. */
function endOf(view: DataView): number {
  const frames =
    (view.getUint32(PACKET_AT.frames, true) * view.getUint32(PACKET_AT.positionRate, true)) /
    view.getUint32(PACKET_AT.sampleRate, true);
  return view.getFloat64(PACKET_AT.streamFrame, true) + frames;
}

/** Whether a packet holds something behind a place of a play; half a frame is nothing. */
function isAfter(packet: Uint8Array, { playId, streamFrame }: { playId: number; streamFrame: number }): boolean {
  const view = new DataView(packet.buffer, packet.byteOffset);
  return view.getUint32(PACKET_AT.playId, true) !== playId || endOf(view) > streamFrame + 0.5;
}

function headOf(stream: number, kind: number, bytes: number): Uint8Array {
  const head = new Uint8Array(HEAD_BYTES);
  const view = new DataView(head.buffer);
  view.setUint32(0, HEAD_BYTES - 4 + bytes, true);
  view.setUint32(4, stream, true);
  view.setUint32(8, kind, true);
  return head;
}

function notify({ outlet, stream, token }: Listener, notice: AudioNotice): void {
  const body = new TextEncoder().encode(JSON.stringify({ ...notice, ...(token === undefined ? {} : { token }) }));
  outlet.send(headOf(stream, AUDIO_KIND.notice, body.length), body);
}
