import type { Task } from '@audiocloud/api';
import { NO_SOUND, type SoundLookup } from './fixed-sound.ts';
import type { Graph, GraphEdge, GraphNode } from './graph.ts';
import { graphEdges } from './graph-edges.ts';
import { graphNodes, type ModelLookup } from './graph-nodes.ts';
import { isHidden } from './hidden-names.ts';
import { orderNodes } from './order.ts';

/** An edge with the delay that lines its sound up with what else arrives at the same node. */
export interface PlanEdge extends GraphEdge {
  delayFrames: number;
}

/** The graph made ready to compile. */
export interface Plan {
  /** By depth; inside a depth by group, groups and their members as written. */
  nodes: GraphNode[];
  /** The nodes of batch b, which have one depth and one group, are nodes[firstNode[b]] to nodes[firstNode[b + 1] - 1]. */
  firstNode: Int32Array;
  /** Grouped by destination: the edges of node n are edges[firstEdge[n]] to edges[firstEdge[n + 1] - 1]. */
  edges: PlanEdge[];
  firstEdge: Int32Array;
  /** Frames from a source to every sink. */
  latencyFrames: number;
}

/** Looks up models, checks ports and channels, finds cycles, orders the nodes. Pure. Throws what its parts throw. */
export function graphOf(task: Task, modelOf: ModelLookup, soundOf: SoundLookup = NO_SOUND): Graph {
  const table = graphNodes(task, modelOf, soundOf);
  const edges = graphEdges(task, table);
  const { nodeAt, placeOf, depthOf, firstPlace } = orderNodes(table.nodes, edges);
  // Nodes and edges were made for this graph, so they are finished in place.
  const nodes = new Array<GraphNode>(nodeAt.length);
  for (let place = 0; place < nodeAt.length; place++) {
    const index = nodeAt[place]!;
    const node = table.nodes[index]!;
    node.depth = depthOf[index]!;
    nodes[place] = node;
  }
  for (const edge of edges) {
    edge.from = placeOf[edge.from]!;
    edge.to = placeOf[edge.to]!;
    if (edge.around >= 0) edge.around = placeOf[edge.around]!;
  }
  return { nodes, edges, firstNode: firstPlace };
}

/**
 * Adds latency compensation to a graph. Pure, linear in nodes and edges.
 *
 * latencies: frames that each node adds (0 for tracks, buses and sinks), in the order of graph.nodes; below 0 for one whose
 * sound is to come later than it does.
 */
export function compensate(graph: Graph, latencies: ArrayLike<number>): Plan {
  const { nodes, firstNode } = graph;
  const firstEdge = new Int32Array(nodes.length + 1);
  for (const { to } of graph.edges) firstEdge[to + 1]! += 1;
  for (let n = 0; n < nodes.length; n++) firstEdge[n + 1]! += firstEdge[n]!;
  const fill = firstEdge.slice();
  const edges = new Array<PlanEdge>(graph.edges.length);
  for (const { connection, from, to, wires, offsetFrames, feedback, around } of graph.edges)
    edges[fill[to]!++] = { connection, from, to, wires, offsetFrames, feedback, around, delayFrames: offsetFrames };

  const leaves = new Float64Array(nodes.length); // frames after which sound leaves each node
  const arrives = new Float64Array(nodes.length);
  let latencyFrames = 0;
  for (let n = 0; n < nodes.length; n++) {
    let latest = 0;
    for (let e = firstEdge[n]!; e < firstEdge[n + 1]!; e++)
      if (!edges[e]!.feedback)
        latest = Math.max(latest, leaves[edges[e]!.from]! + Math.max(0, -edges[e]!.offsetFrames));
    arrives[n] = latest;
    leaves[n] = latest + (latencies[n] ?? 0);
    // a sink of the host, for one who listens in between, makes nobody else wait
    if (nodes[n]!.kind === 'sink' && !isHidden(nodes[n]!.name)) latencyFrames = Math.max(latencyFrames, latest);
  }
  for (let n = 0; n < nodes.length; n++) {
    const target = nodes[n]!.kind === 'sink' ? Math.max(latencyFrames, arrives[n]!) : arrives[n]!;
    for (let e = firstEdge[n]!; e < firstEdge[n + 1]!; e++) {
      const edge = edges[e]!;
      if (!edge.feedback) edge.delayFrames += target - leaves[edge.from]!;
      else if (edge.around >= 0) edge.delayFrames += Math.max(0, latencies[edge.around] ?? 0);
    }
  }
  return { nodes, edges, firstEdge, firstNode, latencyFrames };
}

/** plan(task graph, models) -> plan, with the latencies known beforehand. Pure: 1,000 nodes in at most 5 ms. */
export function planTask(task: Task, modelOf: ModelLookup, latencyOf: (node: GraphNode) => number = () => 0): Plan {
  const graph = graphOf(task, modelOf);
  return compensate(graph, graph.nodes.map(latencyOf));
}
