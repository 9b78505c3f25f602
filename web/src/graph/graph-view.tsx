import { Background, BackgroundVariant, Controls, type Edge, type NodeChange, ReactFlow } from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { useMemo } from 'react';
import { useSession, useSessionView } from '../session/use-session.ts';
import './graph-view.css';
import { layeredLayout } from './layered-layout.ts';
import { type CardNode, NodeCard } from './node-card.tsx';
import { taskGraph } from './task-graph.ts';

const COLUMN_PIXELS = 208;
const ROW_PIXELS = 92;
const nodeTypes = { card: NodeCard };

interface Props {
  selected: string | undefined;
  onSelect(node: string): void;
}

/** The graph of the task, left to right. */
export function GraphView({ selected, onSelect }: Props) {
  const session = useSession();
  const { task } = useSessionView();
  const graph = useMemo(() => task && taskGraph(task, (instance) => session.model(instance)), [task, session]);
  // parameters change all the time, the shape of the graph rarely does
  const shape = JSON.stringify(graph);
  const flow = useMemo(() => {
    if (!graph) return undefined;
    const places = layeredLayout(
      graph.nodes.map(({ id }) => id),
      graph.lines,
    );
    const nodes = graph.nodes.map((node): CardNode => {
      const { column, row } = places.get(node.id)!;
      return {
        id: node.id,
        type: 'card',
        position: { x: column * COLUMN_PIXELS, y: row * ROW_PIXELS },
        data: { node },
        ariaLabel: `${node.title}, ${node.subtitle}`,
      };
    });
    const edges = graph.lines.map(
      ({ id, from, to, note }): Edge => ({ id, source: from, target: to, label: note || undefined, focusable: false }),
    );
    return { nodes, edges };
  }, [shape]);
  const nodes = useMemo(
    () => flow?.nodes.map((node) => ({ ...node, selected: node.id === selected })) ?? [],
    [flow, selected],
  );
  const onNodesChange = (changes: NodeChange<CardNode>[]) => {
    for (const change of changes) if (change.type === 'select' && change.selected) onSelect(change.id);
  };
  if (!flow) return <div className="graph empty">Opening the task…</div>;
  return (
    <section className="graph" aria-label="Graph of the task">
      <ReactFlow
        key={nodes.map(({ id }) => id).join(' ')}
        nodes={nodes}
        edges={flow.edges}
        nodeTypes={nodeTypes}
        onNodesChange={onNodesChange}
        nodesDraggable={false}
        nodesConnectable={false}
        deleteKeyCode={null}
        fitView
        fitViewOptions={{ padding: 0.08, maxZoom: 1.15 }}
        minZoom={0.2}
        maxZoom={2}
        colorMode="dark"
      >
        <Background variant={BackgroundVariant.Dots} gap={26} size={1} />
        <Controls showInteractive={false} />
      </ReactFlow>
    </section>
  );
}
