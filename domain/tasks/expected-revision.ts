import { AudioCloudError, type TaskPart } from '@audiocloud/api';
import { partRevision } from './part-revisions.ts';
import type { TaskRecord } from './task-record.ts';

/** One part of a graph, with the revision that it must have; `none`: it must not be there. */
export interface ExpectedPart {
  part: TaskPart;
  name: string;
  revision: number | 'none' | undefined;
}

/** What must be there for a change to be made: a revision of the graph, or of one part; undefined for anything. */
export type ExpectedRevision = number | ExpectedPart | undefined;

/** Throws REVISION_CONFLICT. [any] */
export function requireRevision(id: string, record: Readonly<TaskRecord>, expected: ExpectedRevision): void {
  if (expected === undefined) return;
  if (typeof expected === 'number') {
    if (record.revision !== expected) throw conflict(`task ${id}`, id, record.revision, expected);
    return;
  }
  const { part, name, revision } = expected;
  if (revision === undefined) return;
  const isThere = Object.hasOwn(record.graph[part] ?? {}, name);
  const there = isThere ? partRevision(record.parts, part, name) : 'none';
  if (there !== revision) throw conflict(`${part}/${name} of task ${id}`, id, there, revision);
}

function conflict(what: string, task: string, revision: number | 'none', expected: number | 'none'): AudioCloudError {
  const found = revision === 'none' ? 'it is not there' : `it is at revision ${revision}`;
  const wanted = expected === 'none' ? 'that it is not there' : expected;
  return new AudioCloudError('REVISION_CONFLICT', `Cannot change ${what}: ${found}, wanted ${wanted}; read it again`, {
    task,
    revision,
    expected,
  });
}
