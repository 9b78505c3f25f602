import { TASK_PARTS, type Task, type TaskPart } from '@audiocloud/api';

/** When the parts of a graph were put last, as revisions of the graph. */
export interface PartRevisions {
  /** When the whole graph was written: that of every part not named below. */
  whole: number;
  changed?: { [part in TaskPart]?: Record<string, number> };
}

const PARTS = Object.keys(TASK_PARTS) as TaskPart[];

/** The revision of one part. Numbers come from the graph's, so a part that was removed and put again has none of before. [any] */
export function partRevision(revisions: PartRevisions | undefined, part: TaskPart, name: string): number {
  const changed = revisions?.changed?.[part];
  if (changed && Object.hasOwn(changed, name)) return changed[name]!;
  return revisions?.whole ?? 1;
}

/**
 * The revisions after edits led from one graph to another. [any]
 *
 * after: as applyEdits made it of `before`, so that what did not change is the same object.
 */
export function revisionsAfter(
  revisions: PartRevisions = { whole: 1 },
  before: Task,
  after: Task,
  revision: number,
): PartRevisions {
  const changed = { ...revisions.changed };
  for (const part of PARTS) {
    if (before[part] === after[part]) continue;
    const [was, is] = [before[part] ?? {}, after[part] ?? {}] as [Record<string, unknown>, Record<string, unknown>];
    const known = changed[part] ?? {};
    const names = Object.keys(is).filter((name) => Object.hasOwn(known, name) || was[name] !== is[name]);
    // fromEntries defines names as its own, also one like __proto__ or constructor
    changed[part] = Object.fromEntries(names.map((name) => [name, was[name] === is[name] ? known[name]! : revision]));
  }
  return { whole: revisions.whole, changed };
}
