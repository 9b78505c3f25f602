import { useReactFlow, useStore } from '@xyflow/react';
import { useEffect } from 'react';

/** On a narrow screen the graph stays readable, and is moved about, rather than being shown whole. */
export const FIT = {
  // the buttons stand below
  padding: { x: '26px', top: '14px', bottom: '46px' },
  minZoom: 0.5,
  maxZoom: 1.15,
} as const;

/** Shows the graph whole again when its place on the page has changed. Stands inside ReactFlow. */
export function FitOnResize() {
  const { fitView } = useReactFlow();
  const width = useStore((store) => store.width);
  const height = useStore((store) => store.height);
  useEffect(() => {
    if (width > 0 && height > 0) void fitView(FIT);
  }, [fitView, width, height]);
  return null;
}
