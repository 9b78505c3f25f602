import type { ExportOutput, Task } from '@audiocloud/api';

/** Outputs that each name their sink, the task's first where they did not, and these sinks, each once. [any] */
export function nameSinks(
  outputs: readonly ExportOutput[],
  { sinks = {} }: Task,
): { outputs: ExportOutput[]; sinks: string[] } {
  const [first] = Object.keys(sinks);
  const named = outputs.map((output) => {
    const sink = output.sink ?? first;
    return sink === undefined ? output : { ...output, sink };
  });
  return { outputs: named, sinks: [...new Set(named.flatMap(({ sink }) => sink ?? []))] };
}
