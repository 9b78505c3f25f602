import { asAudioCloudError } from '@audiocloud/api/errors';
import { DEFAULT_OPUS_BIT_RATE, encodePacket, type PcmFormat } from '@audiocloud/api/packet';
import type { CodedPiece, PieceEncoder } from './coded-piece.ts';
import { fade } from './fade.ts';
import { measureSamples } from './measure-samples.ts';
import { PcmEncoder } from './pcm-encoder.ts';
import { PieceReports } from './piece-reports.ts';
import { pieceEncoder } from './piece-encoder.ts';
import { type Piece, SinkReader } from './sink-reader.ts';
import type { FeedQuality, FromStreamThread, NodeReports, NodeRing } from './stream-message.ts';

/** Nothing was written for so long: what is left is not waited for. Longer than a block of any device. */
const STANDS_MS = 60;
/** After that an encoder with a delay gives what it holds back, and begins anew: longer than a busy machine lets a node wait. */
const IDLE_MS = 250;

/** One encoder, and all who hear it. */
export interface Feed {
  id: number;
  quality: FeedQuality;
  serial: number;
  encoder: PieceEncoder | undefined;
  /** Failed or closed. */
  isOver: boolean;
}

/** A listener on the way from one feed to another. */
export interface Crossing {
  job: number;
  from: { source: NodeSource; feed: Feed };
  to: { source: NodeSource; feed: Feed };
  /** Where the old one ended. */
  end: { playId: number; streamFrame: number } | undefined;
}

/** Lossless where the feed is: fades are no part of what its encoder goes on with. */
const FADED: Readonly<Record<FeedQuality['format'], PcmFormat>> = {
  s16: 's16',
  s24: 's24',
  f32: 'f32',
  flac16: 's16',
  flac24: 's24',
  opus: 's16',
};

/** One node cut into pieces of one length, for all feeds that want such. [stream thread] */
export class NodeSource {
  readonly node: string;
  readonly packetMs: number;
  readonly feeds = new Set<Feed>();
  readonly #tell: (message: FromStreamThread) => void;
  #ring: NodeRing | undefined;
  #reader: SinkReader | undefined;
  #nextRing: NodeRing | undefined;
  #reports: PieceReports | undefined;
  #reportsBefore: PieceReports | undefined;
  #preparing = 0;
  #written = -1;
  #writtenMs = 0;
  #lost = 0;

  constructor(node: string, packetMs: number, tell: (message: FromStreamThread) => void) {
    this.node = node;
    this.packetMs = packetMs;
    this.#tell = tell;
  }

  /** The node can be heard. */
  get isThere(): boolean {
    return this.#reader !== undefined;
  }

  /** What is left of the ring before is read first. */
  setRing(ring: NodeRing): void {
    if (this.#reader) this.#nextRing = ring;
    else this.#use(ring);
  }

  /** Those before are looked at as well: frames that were rendered before are still to come. */
  setReports(reports: NodeReports | undefined): void {
    this.#reportsBefore = this.#reports;
    this.#reports = reports && new PieceReports(reports, this.node);
  }

  add(feed: Feed): void {
    this.feeds.add(feed);
    if (this.#reader) void this.#prepare(feed);
  }

  remove(feed: Feed): void {
    feed.isOver = true;
    feed.encoder?.close();
    this.feeds.delete(feed);
  }

  /** Reads, encodes and tells what there is. */
  turn(crossings: ReadonlyMap<number, Crossing>, nowMs: number): void {
    const reader = this.#reader;
    if (!reader || this.#preparing > 0) return;
    const { written } = reader;
    if (written !== this.#written) this.#writtenMs = nowMs;
    this.#written = written;
    const isLast = this.#nextRing !== undefined;
    const stands = isLast || nowMs - this.#writtenMs > STANDS_MS;
    let piece = reader.next(stands);
    if (!piece && stands) this.#leave(crossings);
    for (; piece; piece = reader.next(stands)) this.#take(piece, crossings);
    if (reader.lostFrames > this.#lost)
      this.#tell({ type: 'lost', node: this.node, frames: reader.lostFrames - this.#lost });
    this.#lost = reader.lostFrames;
    if (isLast || nowMs - this.#writtenMs > IDLE_MS)
      for (const feed of this.feeds) this.#send(feed, feed.encoder?.flush() ?? []);
    if (isLast) {
      this.#use(this.#nextRing!);
      this.#nextRing = undefined;
    }
  }

  #use(ring: NodeRing): void {
    const before = this.#reader;
    this.#ring = ring;
    this.#reader = new SinkReader(ring.memory, ring.sampleRate, ring.position, this.packetMs);
    this.#written = -1;
    this.#lost = 0;
    const isSame = before?.channels === this.#reader.channels && before.sampleRate === ring.sampleRate;
    for (const feed of this.feeds) if (!isSame || !feed.encoder) void this.#prepare(feed);
  }

  async #prepare(feed: Feed): Promise<void> {
    const { channels, sampleRate } = this.#reader!;
    this.#preparing++;
    try {
      feed.encoder?.close();
      feed.encoder = undefined;
      const { format, bitRate, packetMs } = feed.quality;
      const encoder = await pieceEncoder({ format, bitRate, packetMs, channels, sampleRate });
      if (feed.isOver) encoder.close();
      else {
        feed.encoder = encoder;
        this.#tell({ type: 'began', feed: feed.id, sampleRate: encoder.sampleRate, channels });
      }
    } catch (thrown) {
      this.#fail(feed, thrown);
    } finally {
      this.#preparing--;
    }
  }

  #fail(feed: Feed, thrown: unknown): void {
    if (feed.isOver) return;
    this.remove(feed);
    this.#tell({ type: 'failed', feed: feed.id, error: asAudioCloudError(thrown, 'STREAM_FORMAT').toJSON() });
  }

  /** Lets those go on that have something to change over to and would wait in vain: here nothing comes. */
  #leave(crossings: ReadonlyMap<number, Crossing>): void {
    for (const { job, from, to, end } of crossings.values())
      if (from.source === this && !end && to.source.isThere) this.#tell({ type: 'crossed', job, step: 'moved' });
  }

  #take(piece: Piece, crossings: ReadonlyMap<number, Crossing>): void {
    const { channels } = this.#reader!;
    const meters = measureSamples(piece.samples, channels);
    for (const crossing of crossings.values()) this.#cross(piece, crossing);
    for (const feed of this.feeds) {
      try {
        this.#send(feed, feed.encoder!.encode(piece, meters));
      } catch (thrown) {
        this.#fail(feed, thrown);
      }
    }
  }

  #cross(piece: Piece, crossing: Crossing): void {
    const { job, from, to, end } = crossing;
    const isOut = from.source === this && !end && to.source.isThere;
    const isIn = to.source === this && end && (piece.playId !== end.playId || piece.streamFrame >= end.streamFrame);
    if (!isOut && !isIn) return;
    const { channels, sampleRate } = this.#reader!;
    const faded = { ...piece, samples: fade(piece.samples, channels, !isOut, isOut) };
    const format = FADED[(isOut ? from : to).feed.quality.format];
    const meters = measureSamples(faded.samples, channels);
    const [coded] = new PcmEncoder(format, sampleRate).encode(faded, meters);
    const { feed } = isOut ? from : to;
    const bytes = this.#packet(coded!, { format, sampleRate, serial: feed.serial, bitRate: 0 });
    if (isOut) crossing.end = { playId: piece.playId, streamFrame: piece.streamFrame + piece.frames };
    this.#tell({ type: 'crossed', job, step: isOut ? 'out' : 'in', bytes });
  }

  #send(feed: Feed, coded: readonly CodedPiece[]): void {
    const { format, bitRate } = feed.quality;
    for (const one of coded) {
      const facts = {
        format,
        sampleRate: feed.encoder!.sampleRate,
        serial: feed.serial++,
        bitRate: format === 'opus' ? (bitRate ?? DEFAULT_OPUS_BIT_RATE) : 0,
      };
      this.#tell({ type: 'packet', feed: feed.id, bytes: this.#packet(one, facts) });
    }
  }

  #packet(
    coded: CodedPiece,
    facts: { format: FeedQuality['format']; sampleRate: number; serial: number; bitRate: number },
  ): Uint8Array<ArrayBuffer> {
    const { sampleRate: positionRate, channels } = this.#reader!;
    const { run } = this.#ring!;
    const endFrame = coded.streamFrame + (coded.frames * positionRate) / facts.sampleRate;
    const reports =
      this.#reports?.before(coded.playId, endFrame) ?? this.#reportsBefore?.before(coded.playId, endFrame);
    const meters = reports ? { ...coded.meters, reports } : coded.meters;
    return encodePacket({ ...coded, ...facts, meters, run, positionRate, channels });
  }
}
