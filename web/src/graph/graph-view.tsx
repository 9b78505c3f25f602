import {
  Background,
  BackgroundVariant,
  Controls,
  type NodeChange,
  type NodeHandle,
  Position,
  ReactFlow,
} from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { useMemo } from 'react';
import { FIT, FitOnResize } from './fit-on-resize.tsx';
import { useSession, useSessionView } from '../session/use-session.ts';
import './graph-view.css';
import { layeredLayout } from './layered-layout.ts';
import { type CardNode, NodeCard } from './node-card.tsx';
import { type LineEdge, RoutedLine } from './routed-line.tsx';
import { taskGraph } from './task-graph.ts';

const COLUMN_PIXELS = 176;
const ROW_PIXELS = 77;
const CARD_PIXELS = 148;
/** Until a card is measured: without it a card that is replaced before that stays hidden. */
const CARD_HEIGHT_PIXELS = 64;
/** From the top of a card to its ports. */
const PORT_PIXELS = 32;
/** Until a card is measured: without them a card that is replaced in that moment never gets its lines. */
const TARGET: NodeHandle = { type: 'target', position: Position.Left, x: 0, y: PORT_PIXELS, width: 0, height: 0 };
const SOURCE: NodeHandle = { ...TARGET, type: 'source', position: Position.Right, x: CARD_PIXELS };
const nodeTypes = { card: NodeCard };
const edgeTypes = { line: RoutedLine };

interface Props {
  selected: string | undefined;
  onSelect(node: string): void;
}

/** The graph of the task, left to right. */
export function GraphView({ selected, onSelect }: Props) {
  const session = useSession();
  const { task } = useSessionView();
  const graph = task && taskGraph(task, (instance) => session.model(instance));
  // parameters change all the time, the shape of the graph rarely does
  const shape = JSON.stringify(graph);
  const flow = useMemo(() => {
    if (!graph) return undefined;
    const { places, route } = layeredLayout(
      graph.nodes.map(({ id }) => id),
      graph.lines,
    );
    const nodes = graph.nodes.map((node): CardNode => {
      const { column, row } = places.get(node.id)!;
      return {
        id: node.id,
        type: 'card',
        position: { x: column * COLUMN_PIXELS, y: row * ROW_PIXELS },
        initialWidth: CARD_PIXELS,
        initialHeight: CARD_HEIGHT_PIXELS,
        handles: [...(node.hasInput ? [TARGET] : []), ...(node.hasOutput ? [SOURCE] : [])],
        data: { node },
        ariaLabel: `${node.title}, ${node.subtitle}`,
      };
    });
    const edges = graph.lines.map(({ id, from, to, note }): LineEdge => {
      const via = route(from, to).map(({ column, row }) => ({
        x: column * COLUMN_PIXELS,
        y: row * ROW_PIXELS + PORT_PIXELS,
      }));
      return {
        id,
        type: 'line',
        source: from,
        target: to,
        data: { via, width: CARD_PIXELS },
        label: note || undefined,
        focusable: false,
      };
    });
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
        edgeTypes={edgeTypes}
        onNodesChange={onNodesChange}
        nodesDraggable={false}
        nodesConnectable={false}
        deleteKeyCode={null}
        fitView
        fitViewOptions={FIT}
        minZoom={0.2}
        maxZoom={2}
        colorMode="dark"
      >
        <FitOnResize />
        <Background variant={BackgroundVariant.Dots} gap={26} size={1} />
        <Controls showInteractive={false} orientation="horizontal" />
      </ReactFlow>
    </section>
  );
}
