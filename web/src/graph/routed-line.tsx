import { BaseEdge, type Edge, type EdgeProps } from '@xyflow/react';

export interface Point {
  x: number;
  y: number;
}

/** `via`: the left ends of the free places it passes, each `width` long. */
export type LineEdge = Edge<{ via: Point[]; width: number }, 'line'>;

/** A connection: level where it leaves, passes and arrives, curved between. */
export function RoutedLine({ id, sourceX, sourceY, targetX, targetY, data, label, style }: EdgeProps<LineEdge>) {
  const { via = [], width = 0 } = data ?? {};
  let path = `M ${sourceX} ${sourceY}`;
  let at = { x: sourceX, y: sourceY };
  for (const point of [...via, { x: targetX, y: targetY }]) {
    const middle = (at.x + point.x) / 2;
    path += ` C ${middle} ${at.y} ${middle} ${point.y} ${point.x} ${point.y}`;
    at = point;
    if (!via.includes(point)) continue;
    at = { x: point.x + width, y: point.y };
    path += ` H ${at.x}`;
  }
  // beside the place where it arrives, where lines have not met yet
  const last = via.at(-1) ?? { x: sourceX, y: sourceY };
  return (
    <BaseEdge
      id={id}
      path={path}
      label={label}
      labelX={(Math.max(last.x + (via.length > 0 ? width : 0), sourceX) + targetX) / 2}
      labelY={(last.y + targetY) / 2}
      {...(style ? { style } : {})}
    />
  );
}
