import { Handle, type Node, type NodeProps, Position } from '@xyflow/react';
import { isMuted } from '../faceplate/fault-note.tsx';
import { LevelMeter } from '../meters/level-meter.tsx';
import { useSessionView } from '../session/use-session.ts';
import type { GraphNode } from './task-graph.ts';
import './node-card.css';

export type CardNode = Node<{ node: GraphNode }, 'card'>;

/** A node of the graph: what it is, whether it is well, how loud it is. */
export function NodeCard({ data: { node }, selected }: NodeProps<CardNode>) {
  const { state } = useSessionView();
  const fault = state?.instances[node.id];
  const isFailed = isMuted(fault);
  return (
    <div className={`card card-${node.kind}${selected ? ' selected' : ''}${isFailed ? ' failed' : ''}`}>
      {node.hasInput && <Handle type="target" position={Position.Left} isConnectable={false} />}
      <div className="card-title">{node.title}</div>
      <div className="card-subtitle">{isFailed ? (fault?.error?.code ?? 'failed') : node.subtitle}</div>
      <LevelMeter node={node.id} channels={node.channels} />
      {node.hasOutput && <Handle type="source" position={Position.Right} isConnectable={false} />}
    </div>
  );
}
