import { applyEdits, type GraphEdit, type Model, modelVersions } from '@audiocloud/api';
import { valuesFrom } from './asked-edits.ts';
import { revisionsAfter } from './part-revisions.ts';
import type { TaskRecord } from './task-record.ts';

/** What an engine loads of a record. */
export type Played = Pick<TaskRecord, 'graph' | 'loop'>;

/** The graph with its edits, and the loop that is left over it. Throws what they are refused with. [any] */
export function afterEdits({ graph, loop }: Played, edits: readonly GraphEdit[], models: readonly Model[]): Played {
  const clearsLoop = edits.some(({ op }) => op === 'loop');
  return { graph: applyEdits(graph, edits, valuesFrom(models)), loop: clearsLoop ? undefined : loop };
}

/** Another graph in the place of the one before. [any] */
export function replacedRecord(
  before: TaskRecord,
  revision: number,
  { graph, loop }: Played,
  models: readonly Model[],
): TaskRecord {
  return { ...before, revision, graph, versions: modelVersions(models, graph), parts: { whole: revision }, loop };
}

/** The same graph with edits: parts that they leave alone keep their revision. [any] */
export function editedRecord(
  before: TaskRecord,
  revision: number,
  edits: readonly GraphEdit[],
  models: readonly Model[],
): TaskRecord {
  const after = afterEdits(before, edits, models);
  const parts = revisionsAfter(before.parts, before.graph, after.graph, revision);
  return { ...replacedRecord(before, revision, after, models), parts };
}
