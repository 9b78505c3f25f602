import { type ReportImage, ReportRing } from '../render/report-ring.ts';
import type { TaskInstance } from './task-instance.ts';

/** Where a report stands in an entry of the ring. */
export interface ReportPlace {
  instance: string;
  report: string;
  at: number;
  count: number;
}

/** The public reports of a task, as they are noted after each block. */
export interface TaskReports {
  image: ReportImage;
  layout: readonly ReportPlace[];
}

/** A task with more values has none in its packets: they would take more time than the sound. */
const MOST_VALUES = 1024;

/** before: goes on when it is of the same instances in the same places. [control] */
export function taskReports(
  instances: Iterable<TaskInstance>,
  before: TaskReports | undefined,
): TaskReports | undefined {
  const places: number[] = [];
  const layout: ReportPlace[] = [];
  let values = 0;
  for (const instance of instances)
    for (const { report, memory, at, count } of instance.reportPlaces()) {
      places.push(memory, at, count);
      layout.push({ instance: instance.name, report, at: values, count });
      values += count;
    }
  if (values === 0 || values > MOST_VALUES) return undefined;
  const isSame =
    before?.image.places.join() === places.join() && JSON.stringify(before.layout) === JSON.stringify(layout);
  const ring = isSame ? before!.image.ring : ReportRing.create(values);
  return { image: { ring, places: Int32Array.from(places) }, layout };
}
