import { useEffect, useState } from 'react';
import { Faceplate } from './faceplate/faceplate.tsx';
import { GraphView } from './graph/graph-view.tsx';
import { useSessionView } from './session/use-session.ts';

/** The graph of the open task, and below it the controls of the selected node. */
export function OpenTask() {
  const { task } = useSessionView();
  const [selected, setSelected] = useState<string>();
  const isThere =
    selected !== undefined &&
    [task?.tracks, task?.buses, task?.instances, task?.sinks].some((part) => part?.[selected]);
  const first = firstNode(task);
  useEffect(() => {
    if (!isThere && first) setSelected(first);
  }, [isThere, first]);
  return (
    <>
      <GraphView selected={isThere ? selected : undefined} onSelect={setSelected} />
      {isThere && <Faceplate name={selected} />}
    </>
  );
}

/** What is selected at the start: the instance nearest to the output is what one wants to turn first. */
function firstNode(task: ReturnType<typeof useSessionView>['task']): string | undefined {
  const instances = Object.keys(task?.instances ?? {});
  const intoSink = Object.values(task?.connections ?? {}).find(
    ({ from, to }) => task?.sinks?.[to.node] && task.instances?.[from.node],
  );
  return intoSink?.from.node ?? instances.at(-1) ?? Object.keys(task?.tracks ?? {})[0];
}
