import type { Model } from '@audiocloud/api';

/** One audio port of a node. Channels of a node are numbered through all ports of one direction. */
export interface GraphPort {
  id: string;
  channels: number;
  firstChannel: number;
}

export type NodeKind = 'track' | 'bus' | 'instance' | 'sink';

export interface GraphNode {
  name: string;
  kind: NodeKind;
  inputs: GraphPort[];
  outputs: GraphPort[];
  inputChannels: number;
  outputChannels: number;
  /** Of instances. */
  model?: Model;
  /** Of fixed instances: no sound of theirs passes the graph. */
  fixed?: boolean;
  /** Longest way from a node without inputs; instances of one model at one depth can share lanes. */
  depth: number;
}

/** One channel of a connection, from an output channel to an input channel (both numbered through the node). */
export interface Wire {
  from: number;
  to: number;
  gain: number;
}

export interface GraphEdge {
  connection: string;
  /** Indices into the nodes. */
  from: number;
  to: number;
  wires: Wire[];
  /** Delay asked for by hand. */
  offsetFrames: number;
  /** Closes a loop: carries what its source gave in the block before. */
  feedback: boolean;
}

/** A task with its models looked up and everything checked: nodes in the order of rendering. */
export interface Graph {
  nodes: GraphNode[];
  edges: GraphEdge[];
}
