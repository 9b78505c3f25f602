import { AudioCloudError, settleOutput, type Task } from '@audiocloud/api';
import type { TaskService } from '../tasks/task-service.ts';
import type { ExportRecord } from './export-record.ts';
import { refuseHardware } from './offline-export.ts';

/** A task as it was at one moment. */
export interface TakenTask {
  graph: Task;
  revision: number;
}

/**
 * Takes a task as it is now: of one that an engine has with what its plugins keep, else as it is stored. [control]
 *
 * Throws TASK_UNKNOWN, SINK_UNKNOWN, REQUEST_INVALID when it has hardware and is to be rendered without, and for what a
 * format does not have.
 */
export async function takeTask(
  tasks: TaskService,
  application: string,
  { task, mode, outputs }: Pick<ExportRecord, 'task' | 'mode' | 'outputs'>,
): Promise<TakenTask> {
  const { graph, revision } = await tasks.of(application).snapshot(task);
  if (mode === 'offline') refuseHardware(graph);
  const names = Object.keys(graph.sinks ?? {});
  if (names.length === 0)
    throw new AudioCloudError('SINK_UNKNOWN', `Cannot export task ${task}: it has no sink`, { task });
  const unknown = outputs.find(({ sink }) => sink !== undefined && !names.includes(sink));
  if (unknown)
    throw new AudioCloudError(
      'SINK_UNKNOWN',
      `Cannot export task ${task}: it has the sinks ${names.join(', ')}, not '${unknown.sink}'`,
      { task, sink: unknown.sink },
    );
  const { sampleRate } = graph;
  // settled by the engine as well: here so that it is refused at once
  for (const { sink = names[0]!, ...output } of outputs)
    settleOutput(output, { sampleRate, channels: graph.sinks![sink]!.channels });
  return { graph, revision };
}
