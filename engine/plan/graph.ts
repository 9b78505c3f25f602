import type { Model } from '@audiocloud/api';
import type { FixedSound } from './fixed-sound.ts';

/** One audio port of a node. Channels of a node are numbered through all ports of one direction. */
export interface GraphPort {
  id: string;
  channels: number;
  firstChannel: number;
}

/** The audio ports of a node. All instances of one model with the same widths have the same object. */
export interface NodePorts {
  readonly inputs: readonly GraphPort[];
  readonly outputs: readonly GraphPort[];
  readonly inputChannels: number;
  readonly outputChannels: number;
}

export type NodeKind = 'track' | 'bus' | 'instance' | 'sink';

export interface GraphNode extends NodePorts {
  name: string;
  kind: NodeKind;
  /** Of instances. */
  model: Model | undefined;
  /** It is a piece of hardware. */
  fixed: boolean;
  /** Of fixed instances; undefined for one whose sound does not pass the graph. */
  sound: FixedSound | undefined;
  /** Longest way from a node without inputs, feedback not counted; nodes of one depth never hear each other. */
  depth: number;
  /** Equal for instances of one model with the same port widths, and for tracks, buses and sinks by their kind. */
  group: number;
}

/** One channel of a connection, from an output channel to an input channel (both numbered through the node). */
export interface Wire {
  from: number;
  to: number;
  gain: number;
  /** The gain without the share that bypass and mix give it (host-paths.ts); absent where they give none. */
  own?: number;
}

export interface GraphEdge {
  connection: string;
  /** Indices into the nodes. */
  from: number;
  to: number;
  /** The same object in every graph in which the connection, which is never changed in place, and its ports are the same. */
  wires: readonly Wire[];
  /** Delay asked for by hand. */
  offsetFrames: number;
  /** Closes a loop: carries what its source gave in the block before. */
  feedback: boolean;
  /** Index of the instance that the edge leads around, as late as that is; -1: none. */
  around: number;
}

/** A task with its models looked up and everything checked: nodes in the order of rendering. */
export interface Graph {
  /** By depth; inside a depth by group, groups and their members as written. */
  nodes: GraphNode[];
  /** As written. */
  edges: GraphEdge[];
  /** The nodes of batch b, which have one depth and one group, are nodes[firstNode[b]] to nodes[firstNode[b + 1] - 1]. */
  firstNode: Int32Array;
}
