import type { Instance, Task } from '@audiocloud/api';
import type { GraphNode } from '../plan/graph.ts';
import type { Plan } from '../plan/plan.ts';
import type { Registry } from '../registry/registry.ts';
import { type CostedInstance, type ModelCosts, nsOf } from './model-costs.ts';

/** What a task is going to cost in a block. */
export interface Prediction {
  ns: number;
  nodes: readonly GraphNode[];
  /** Of each node, its part of `ns`; what the host does for connections stands with the node that they lead to. */
  nodeNs: Float64Array;
}

/** A model of which nothing could be measured is taken to cost so much of a block. */
const UNKNOWN_SHARE = 0.01;

/** The sum over the instances of a plan, by what each costs in its setting beside those that render with it, and the host. */
export function predictLoad(
  plan: Plan,
  graph: Task,
  registry: Registry,
  costs: ModelCosts,
  periodNs: number,
): Prediction {
  const { nodes, firstNode, firstEdge, edges } = plan;
  const nodeNs = new Float64Array(nodes.length);
  const { taskNs, trackChannelNs, wireNs, sinkChannelNs } = costs.host ?? NO_HOST;
  let ns = taskNs;
  for (let batch = 0; batch + 1 < firstNode.length; batch++) {
    const [first, end] = [firstNode[batch]!, firstNode[batch + 1]!];
    for (let n = first; n < end; n++) {
      const node = nodes[n]!;
      let own = 0;
      if (node.kind === 'track') own = trackChannelNs * node.outputChannels;
      else if (node.kind === 'sink') own = sinkChannelNs * node.inputChannels;
      else if (node.kind === 'instance' && !node.fixed)
        own = instanceNs(costedNode(node, graph, registry), end - first, costs, periodNs);
      own += wireNs * mixedWires(plan, n);
      nodeNs[n] = own;
      ns += own;
    }
  }
  return { ns, nodes, nodeNs };

  /** Channels that are not just pointers to what their only source wrote. */
  function mixedWires({ nodes: all }: Plan, n: number): number {
    let count = 0;
    const heard = new Map<number, number>();
    for (let e = firstEdge[n]!; e < firstEdge[n + 1]!; e++)
      for (const { to } of edges[e]!.wires) heard.set(to, (heard.get(to) ?? 0) + 1);
    for (let e = firstEdge[n]!; e < firstEdge[n + 1]!; e++) {
      const { wires, delayFrames, feedback, from } = edges[e]!;
      const [source, target] = [pluginOf(all[from]!, registry), pluginOf(all[n]!, registry)];
      // the host's own buffers lie in the memory of one plugin, mostly of this one
      const isOther = source !== undefined && target !== undefined && source !== target;
      for (const { to, gain } of wires) {
        if (delayFrames > 0)
          count += 2; // into a line and out of it
        else if (heard.get(to)! > 1 || gain !== 1 || feedback || isOther) count += 1;
      }
    }
    return count;
  }
}

/** Nothing is known of the host: about what a machine of 2020 takes. */
const NO_HOST = { taskNs: 3000, trackChannelNs: 1000, wireNs: 40, sinkChannelNs: 1000 };

function instanceNs(one: CostedInstance | undefined, beside: number, costs: ModelCosts, periodNs: number): number {
  const cost = one && costs.find(one);
  return cost ? nsOf(cost, beside) / beside : UNKNOWN_SHARE * periodNs;
}

function costedNode({ name, inputs, outputs }: GraphNode, graph: Task, registry: Registry): CostedInstance | undefined {
  const instance = graph.instances![name]!;
  const { model, plugin } = registry.find(instance.model);
  if (!plugin) return undefined;
  const widths = Object.fromEntries([...inputs, ...outputs].map(({ id, channels }) => [id, channels]));
  return { instance, model, plugin, widths };
}

const pluginOf = ({ model }: GraphNode, registry: Registry): string | undefined =>
  model && registry.find(model.id).plugin?.hash;

/** The dynamic instances of a graph whose costs are wanted; what the plan will refuse is left to it. */
export function costedInstances(
  instances: Iterable<[string, Instance]>,
  registry: Registry,
  widthsOf: (name: string, instance: Instance, model: CostedInstance['model']) => Record<string, number>,
): CostedInstance[] {
  const found: CostedInstance[] = [];
  for (const [name, instance] of instances) {
    try {
      const { model, plugin } = registry.find(instance.model);
      if (plugin) found.push({ instance, model, plugin, widths: widthsOf(name, instance, model) });
    } catch {
      // an unknown model or a width that it does not take: the load refuses it by name
    }
  }
  return found;
}
