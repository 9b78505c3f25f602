import type { Bus, LiveSource, Sink, Task } from '@audiocloud/api';
import type { FixedSound } from '../plan/fixed-sound.ts';
import type { GraphNode } from '../plan/graph.ts';
import { SINK_RING_FRAMES, SinkRing } from '../render/sink-ring.ts';
import type { ClipImage, LiveSourceImage } from '../render/task-image.ts';
import { newLiveSource } from './live-source.ts';
import type { TaskInstance } from './task-instance.ts';

/** A sink, and the ring that its sound goes into. */
export interface LiveSink {
  kind: Sink['kind'];
  channels: number;
  firstChannel: number;
  /** As written. */
  ceilingDb: number | undefined;
  ring: SharedArrayBuffer;
}

/**
 * A node as it is rendered. What is replaced under the same name is another one, and the two live side by side until the
 * old one has faded out.
 */
export interface LiveNode {
  /** The same as long as it lives; never given twice. */
  readonly serial: number;
  readonly node: GraphNode;
  readonly instance: TaskInstance | undefined;
  /** Of tracks. */
  readonly clips: readonly ClipImage[] | undefined;
  /** Of tracks with a live source. */
  readonly source: LiveSourceImage | undefined;
  /** Of buses. */
  readonly bus: Bus | undefined;
  readonly sink: LiveSink | undefined;
  /** It was not there in the graph before. */
  readonly isNew: boolean;
  /** The task has it no more; it sounds until all that hears it has faded out. */
  readonly isLeaving: boolean;
  /** Its place in the order of rendering. */
  index: number;
}

/** What the nodes of a graph are made of. */
export interface NodeParts {
  graph: Task;
  instances: ReadonlyMap<string, TaskInstance>;
  /** Clips of each track, by name. */
  clips: ReadonlyMap<string, readonly ClipImage[]>;
  sampleRate: number;
  /** Of the device; undefined: there is none. */
  inputChannels?: number | undefined;
  /** See SinkRing.create. */
  isHeardLater?: boolean;
}

let nextSerial = 1;

/** The nodes of a graph: those that were there before and are still the same, and new ones. [control] */
export function liveNodes(
  nodes: readonly GraphNode[],
  { graph, instances, clips, sampleRate, inputChannels, isHeardLater = false }: NodeParts,
  before: ReadonlyMap<string, LiveNode> | undefined,
): LiveNode[] {
  return nodes.map((node, index) => {
    const { name, kind } = node;
    const instance = kind === 'instance' ? instances.get(name) : undefined;
    const bus = kind === 'bus' ? graph.buses![name] : undefined;
    const track = kind === 'track' ? clips.get(name) : undefined;
    const source = kind === 'track' ? graph.tracks?.[name]?.source : undefined;
    const wanted = kind === 'sink' ? graph.sinks![name] : undefined;
    const old = before?.get(name);
    const isKept =
      old !== undefined &&
      old.node.kind === kind &&
      old.instance === instance &&
      isAsWide(old.node, node) &&
      isSameSound(old.node.sound, node.sound) &&
      (!bus || (old.bus!.matrix === undefined) === (bus.matrix === undefined)) &&
      (!track || isSameClips(old.clips!, track)) &&
      isSameSource(old.source, source) &&
      (!wanted || isSameSink(old.sink!, wanted));
    return {
      serial: isKept ? old.serial : nextSerial++,
      node,
      instance,
      clips: track,
      source:
        source &&
        (isKept
          ? old.source
          : newLiveSource(source, { track: name, channels: node.outputChannels, sampleRate, inputChannels })),
      bus,
      sink: wanted && (isKept ? old.sink : newSink(wanted, isHeardLater)),
      isNew: !isKept,
      isLeaving: false,
      index,
    };
  });
}

function newSink({ kind, channels, firstChannel = 0, ceilingDb }: Sink, isHeardLater: boolean): LiveSink {
  const ring = SinkRing.create(channels, SINK_RING_FRAMES, isHeardLater);
  return { kind, channels, firstChannel, ceilingDb, ring };
}

function isSameSink(a: LiveSink, { kind, firstChannel = 0, ceilingDb }: Sink): boolean {
  return a.kind === kind && a.firstChannel === firstChannel && a.ceilingDb === ceilingDb;
}

function isAsWide(a: GraphNode, b: GraphNode): boolean {
  return a.inputChannels === b.inputChannels && a.outputChannels === b.outputChannels;
}

/** The time that it takes is a matter of the connections around it. */
function isSameSound(a: FixedSound | undefined, b: FixedSound | undefined): boolean {
  if (a === b) return true;
  return (
    String(a?.gains) === String(b?.gains) &&
    String(a?.send) === String(b?.send) &&
    String(a?.return) === String(b?.return)
  );
}

/** How much of pushed sound is held is a matter of its ring, which stays. */
function isSameSource(a: LiveSourceImage | undefined, b: LiveSource | undefined): boolean {
  if (!a || !b) return !a && !b;
  return a.kind === b.kind && (a.kind === 'push' || a.firstChannel === (b.firstChannel ?? 0));
}

function isSameClips(a: readonly ClipImage[], b: readonly ClipImage[]): boolean {
  return a.length === b.length && a.every((clip, i) => isSameClip(clip, b[i]!));
}

function isSameClip(a: ClipImage, b: ClipImage): boolean {
  return (
    a.start === b.start &&
    a.frames === b.frames &&
    a.offset === b.offset &&
    a.gain === b.gain &&
    a.fadeIn === b.fadeIn &&
    a.fadeOut === b.fadeOut &&
    a.disk?.id === b.disk?.id &&
    a.media.length === b.media.length &&
    a.media.every((channel, c) => channel === b.media[c])
  );
}
