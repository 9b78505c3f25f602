import {
  AudioCloudError,
  type LiveMessage,
  type Model,
  modelOf,
  type PacketMs,
  type StreamFrom,
  type StreamHeard,
  type StreamQuality,
  type Task,
} from '@audiocloud/api';
import type { Clock } from '../clock/clock.ts';
import type { NodeRequest } from '../tasks/task-stream.ts';
import { NodeChange } from './node-change.ts';
import type { FoundPacket, PacketPlace } from './packet-history.ts';
import { QualityControl } from './quality-control.ts';
import type { SharedStream, StreamListener } from './shared-stream.ts';
import type { TaskStreams } from './task-streams.ts';
import { UnderWay } from './under-way.ts';

/** What a session asked to hear. */
export interface Heard extends StreamQuality {
  node?: string;
  from?: StreamFrom;
  adaptive?: boolean;
}

/** Where a session's packets and messages go. */
export interface StreamOutlet {
  /** More may be given at once. */
  readonly hasRoom: boolean;
  packet(bytes: Uint8Array): void;
  message(message: Extract<LiveMessage, { type: 'stream' | 'stream-ended' }>): void;
  /** The client takes nothing for long. */
  giveUp(): void;
}

/** What a session's stream needs of its task. */
export interface HeardGraph {
  readonly id: string;
  readonly record: { graph: Task };
  readonly models: readonly Model[];
}

/** So far a client may be behind what is played; what is older is left out. */
const MOST_LAG_MS = 2_000;
/** One who took nothing for so long, although there was something, is sent away. */
const CLOSE_MS = 10_000;
/** How often is said what was left out. */
const TELL_MS = 1_000;
const HALF_FRAME = 0.5;
const OPUS_MS = 20;
const OTHER_MS = 10;

type Why = Extract<LiveMessage, { type: 'stream' }>['why'];

/** A place in a shared stream. */
interface Source {
  stream: SharedStream;
  node: string;
  /** Number of the next packet. */
  next: number;
  /** Up to here it is a replay, which may be late. */
  replayEnd: number;
  why: Why;
  found: FoundPacket | undefined;
  isTold: boolean;
}

/**
 * The audio stream of one live session. [control]
 *
 * It holds no packets: it is a place in streams that are shared by all. A client that reads slowly is further behind; then, if it
 * wants so, it gets a lower quality, then packets are left out, and in the end it is sent away.
 */
export class SessionStream implements StreamListener {
  readonly #task: HeardGraph;
  readonly #streams: TaskStreams;
  readonly #outlet: StreamOutlet;
  readonly #clock: Clock;
  #heard: Heard | undefined;
  #control: QualityControl | undefined;
  #source: Source | undefined;
  /** Of another quality: taken over from as soon as it has what comes next. */
  #coming: Source | undefined;
  #change: NodeChange | undefined;
  /** What was sent last. */
  #last: PacketPlace | undefined;
  #way = new UnderWay();
  #sentMs = 0;
  #dropped = 0;
  #toldDropped = 0;
  #toldMs = 0;

  constructor(task: HeardGraph, streams: TaskStreams, outlet: StreamOutlet, clock: Clock) {
    this.#task = task;
    this.#streams = streams;
    this.#outlet = outlet;
    this.#clock = clock;
  }

  /** Starts, or goes over to another node or quality; before the engine has the task it begins as soon as it is loaded. */
  start(heard: Heard): void {
    const node = this.#nodeOf(heard);
    this.#heard = heard;
    const { format, bitRate, packetMs, adaptive } = heard;
    const quality = { format, bitRate, packetMs };
    this.#control = adaptive ? new QualityControl(quality, this.#clock) : undefined;
    this.#goOn(node, quality, 'asked', heard.from);
  }

  /** The engine has the task (again). */
  restart(): void {
    if (!this.#heard) return;
    try {
      const node = this.#nodeOf(this.#heard);
      this.#endChange();
      if (node !== this.#source?.node) this.#goOn(node, this.#control?.quality ?? this.#heard, 'loaded');
      else this.#source.why = 'loaded';
      for (const source of [this.#source, this.#coming]) source?.stream.restart();
    } catch (error) {
      // The node went with an edit.
      this.refused(error as AudioCloudError);
    }
  }

  /** What the client says it heard. */
  heard(heard: StreamHeard): void {
    const control = this.#control;
    if (!control) return;
    const isByCounts = control.heard(heard);
    const isByWay = heard.next !== undefined && control.arrived(this.#way.arrived(heard.next, this.#clock.now()));
    if (isByCounts || isByWay) this.#changeQuality();
  }

  /** mayReturn: the socket is gone, and the client may come back. */
  stop(mayReturn = false): void {
    this.#endChange();
    for (const source of [this.#source, this.#coming]) if (source) this.#streams.leave(source.stream, this, mayReturn);
    this.#source = undefined;
    this.#coming = undefined;
    this.#heard = undefined;
    this.#control = undefined;
    this.#last = undefined;
    this.#way = new UnderWay();
  }

  /** Fast meters are to be so far apart, for the sake of the stream. */
  get metersMs(): number {
    return this.#control?.metersMs ?? 0;
  }

  packets(): void {
    this.pump();
  }

  joined(): void {
    const source = this.#source;
    if (source?.why === 'loaded') source.isTold = false;
    this.pump();
  }

  refused(error: AudioCloudError): void {
    const { node } = this.#coming ?? this.#source ?? { node: this.#heard?.node ?? '' };
    this.stop();
    this.#outlet.message({ type: 'stream-ended', node, error: error.toJSON() });
  }

  /** Sends what there is, as far as the client takes it. Called whenever there is more, or more room. */
  pump(): void {
    this.#changeOver();
    const source = this.#source;
    if (!source) return;
    const isDropTold = this.#dropped === this.#toldDropped || this.#clock.now() - this.#toldMs < TELL_MS;
    if (source.stream.began && (!source.isTold || (!isDropTold && this.#outlet.hasRoom))) this.#tell(source);
    const { history } = source.stream;
    if (this.#outlet.hasRoom || source.next >= history.next) this.#sentMs = this.#clock.now();
    else if (this.#clock.now() - this.#sentMs > CLOSE_MS) {
      this.#outlet.giveUp();
      return;
    }
    this.#skip(source);
    while (source === this.#source && source.next < history.next && this.#outlet.hasRoom) {
      const kept = history.at(source.next);
      source.next = kept ? source.next + 1 : history.oldest;
      if (!kept || this.#isKnown(kept)) continue;
      this.#send(kept, source.next <= source.replayEnd);
      this.#changeOver();
    }
    if (source !== this.#source) this.pump();
    else if (source.next >= source.replayEnd && this.#control?.sent(this.#lagMs(source))) this.#changeQuality();
  }

  /** Leaves out what is too old. */
  #skip(source: Source): void {
    if (source.next < source.replayEnd || this.#lagMs(source) <= MOST_LAG_MS) return;
    const { history } = source.stream;
    this.#dropped += history.next - source.next;
    source.next = history.next;
  }

  #lagMs({ stream: { history }, next }: Source): number {
    const kept = next < history.next ? (history.at(next) ?? history.at(history.oldest)) : undefined;
    return kept ? this.#clock.now() - kept.atMs : 0;
  }

  /** It ends before what was sent. */
  #isKnown({ run, playId, endFrame }: PacketPlace): boolean {
    const last = this.#last;
    return last !== undefined && last.run === run && last.playId === playId && endFrame <= last.endFrame + HALF_FRAME;
  }

  #send(kept: PacketPlace & { bytes: Uint8Array }, isReplay = false): void {
    this.#outlet.packet(kept.bytes);
    this.#way.sent(kept, isReplay, this.#clock.now());
    this.#last = kept;
  }

  /** Takes over from what is coming, when that has what comes next. */
  #changeOver(): void {
    if (this.#change) this.#fadeOver(this.#change);
    const coming = this.#coming;
    if (!coming || this.#change) return;
    const { history, began } = coming.stream;
    if (!began) return;
    const last = this.#last;
    const found =
      last && history.find({ run: last.run, playId: last.playId, streamFrame: last.endFrame }, this.#clock.now());
    // It has what follows, or will have it next. Else it is ahead, or has nothing yet: the old one goes on until it has come so far.
    const isReached = !found || found.missed === 'nothing';
    if (isReached || this.#isStuck()) this.#take(coming, found ? found.at : history.next);
  }

  /** The old stream cannot bring us further. */
  #isStuck(): boolean {
    const source = this.#source;
    return !source || (source.next >= source.replayEnd && this.#lagMs(source) > MOST_LAG_MS);
  }

  #fadeOver(change: NodeChange): void {
    const { packets } = change;
    while (packets.length > 0 && this.#outlet.hasRoom) {
      const [first] = packets;
      if (this.#isKnown(first!)) {
        packets.shift();
        continue;
      }
      const last = this.#last;
      const isNext =
        !last ||
        last.run !== first!.run ||
        last.playId !== first!.playId ||
        first!.startFrame <= last.endFrame + HALF_FRAME;
      // Until then the old one goes on: both have the same packets.
      if (!isNext && this.#source && this.#source.next < this.#source.stream.history.next) return;
      // From here on the packets of the change take the place of the old ones.
      if (this.#source) {
        this.#streams.leave(this.#source.stream, this, false);
        this.#source = undefined;
      }
      this.#send(packets.shift()!);
    }
    if (packets.length > 0 || !change.isOver) return;
    this.#change = undefined;
    if (this.#source) this.#streams.leave(this.#source.stream, this, false);
    this.#source = undefined;
  }

  #take(coming: Source, next: number): void {
    if (this.#source) this.#streams.leave(this.#source.stream, this, false);
    this.#coming = undefined;
    this.#source = { ...coming, next, replayEnd: next };
  }

  /** Goes to a node in a quality, from wherever it is. */
  #goOn(node: string, quality: StreamQuality, why: Why, from?: StreamFrom): void {
    const request = requestOf(node, quality);
    this.#endChange();
    if (this.#coming) this.#streams.leave(this.#coming.stream, this, false);
    this.#coming = undefined;
    const before = this.#source;
    const stream = this.#streams.join(request, this);
    const source: Source = {
      stream,
      node,
      next: stream.history.next,
      replayEnd: 0,
      why,
      found: undefined,
      isTold: false,
    };
    if (before?.stream === stream && !from) {
      before.why = why;
      before.isTold = false;
    } else if (!before || from) {
      if (before && before.stream !== stream) this.#streams.leave(before.stream, this, false);
      if (from) {
        source.found = stream.history.find(from, this.#clock.now());
        source.next = source.found.at;
        source.replayEnd = stream.history.next;
      }
      this.#last = undefined;
      this.#source = source;
    } else {
      this.#coming = source;
      if (before.node !== node)
        this.#change = new NodeChange(this.#streams, before.stream.request, request, () => this.pump());
    }
    this.#sentMs = this.#clock.now();
    this.pump();
  }

  #changeQuality(): void {
    const { quality, isUp } = this.#control!;
    const { node } = this.#source ?? this.#coming!;
    this.#goOn(node, quality, isUp ? 'faster' : 'slower');
  }

  #endChange(): void {
    this.#change?.end();
    this.#change = undefined;
  }

  #tell(source: Source): void {
    const { stream, node, why, found } = source;
    const { format, bitRate, packetMs } = stream.request;
    source.isTold = true;
    this.#toldMs = this.#clock.now();
    const replay = found && {
      missed: found.missed,
      packets: Math.max(0, source.replayEnd - found.at),
      ...(found.missedFrames === undefined ? {} : { missedFrames: found.missedFrames }),
    };
    source.found = undefined;
    this.#toldDropped = this.#dropped;
    this.#outlet.message({
      type: 'stream',
      node,
      format,
      ...(bitRate === undefined ? {} : { bitRate }),
      packetMs: packetMs!,
      why,
      ...stream.began!,
      ...(replay ? { replay } : {}),
      ...(this.#dropped > 0 ? { droppedPackets: this.#dropped } : {}),
    });
  }

  /** Throws SINK_UNKNOWN, NODE_UNKNOWN. */
  #nodeOf({ node }: Heard): string {
    const { id: task, models, record } = this.#task;
    const heard = node ?? Object.keys(record.graph.sinks ?? {})[0];
    if (heard === undefined)
      throw new AudioCloudError('SINK_UNKNOWN', 'Cannot listen to the first sink: the task has none; name a node', {
        task,
      });
    const why = whyUnheard(record.graph, heard, models);
    if (why) throw new AudioCloudError('NODE_UNKNOWN', `Cannot listen to '${heard}': ${why}`, { task, node: heard });
    return heard;
  }
}

/** With all that is left to choose chosen, so that those who mean the same share a stream. */
function requestOf(node: string, { format, bitRate, packetMs }: StreamQuality): NodeRequest {
  const isOpus = format === 'opus';
  return {
    node,
    format,
    ...(isOpus ? { bitRate: bitRate ?? 128_000 } : {}),
    packetMs: packetMs ?? ((isOpus ? OPUS_MS : OTHER_MS) as PacketMs),
  };
}

/** Why a node of a task gives nothing to listen to; undefined when it does. */
function whyUnheard(graph: Task, node: string, models: readonly Model[]): string | undefined {
  const { tracks = {}, buses = {}, sinks = {}, instances = {} } = graph;
  if ([tracks, buses, sinks].some((part) => Object.hasOwn(part, node))) return undefined;
  if (!Object.hasOwn(instances, node)) return 'the task has no track, bus, instance or sink of that name';
  const instance = instances[node]!;
  if (instance.fixed !== undefined) return 'it is a fixed instance; listen to what it is connected to';
  const model = modelOf(models, instance);
  return !model || model.outputs.some(({ kind }) => kind === 'audio') ? undefined : `${model.id} has no audio output`;
}
