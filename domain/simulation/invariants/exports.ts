import {
  exportGraphKey,
  exportKey,
  EXPORTS,
  type ExportRecord,
  hasFiles,
  ownedExportOf,
} from '../../exports/export-record.ts';
import { fileName } from '../../exports/file-name.ts';
import type { KnownExport } from '../clients/exporter.ts';
import type { World } from '../world/world.ts';
import type { Invariant } from './invariant.ts';

/** What of an acknowledged export is not as it was wanted. */
function faultOf(world: World, { application, id, isRemoved, isDone }: KnownExport): string | undefined {
  const record = world.disk.read<ExportRecord>(exportKey({ application, id }));
  // What is deleted is gone; what was only called off is there as cancelled.
  if (!record) return isRemoved === false ? `${id} was acknowledged, and is not there` : undefined;
  if (!record.end) return isAwaiting(record, world.clock.now()) ? undefined : `${id} has not ended`;
  const { state } = record.end;
  if (isRemoved === true && state !== 'cancelled') return `${id} was called off or deleted, and is ${state}`;
  if (isRemoved === false && state !== 'done') return `${id} is ${state}, wanted done`;
  if (isDone && state !== 'done') return `${id} was done, and is ${state}`;
  if (world.disk.read(exportGraphKey({ application, id }))) return `${id} has ended, and its graph is still stored`;
  return undefined;
}

/** It waits for an event that nobody has told, or for its time, which a clock that jumped back puts off. */
const isAwaiting = ({ afterEvent, startsAtMs = 0, taken, desired }: ExportRecord, nowMs: number) =>
  (afterEvent !== undefined || startsAtMs > nowMs) && taken === undefined && desired === 'done';

export const exportsEnd: Invariant = {
  name: 'exports-end',
  claim:
    'In bounded time after the last fault every acknowledged export whose time or event has come is done, or gone as it was wanted.',
  begin: () => ({
    settled: (world) => {
      for (const known of world.exporter.exports) {
        const fault = faultOf(world, known);
        if (fault) return fault;
      }
      return undefined;
    },
  }),
};

/** An export whose files are not whole in their place. */
function half(world: World): string | undefined {
  for (const { key, value } of world.disk.readAll<ExportRecord>(EXPORTS)) {
    if (!hasFiles(value)) continue;
    const { application, id } = ownedExportOf(key);
    const files = world.exports.kept.get(`${application}/${id}`);
    for (const [i, { format, bytes }] of value.made!.files.entries())
      if (files?.get(fileName(i, format)) !== bytes)
        return `file ${i} of ${id} is told of, and is not there as a whole`;
  }
  return undefined;
}

export const noFileIsHalf: Invariant = {
  name: 'no-file-is-half',
  claim:
    'Whenever it is stored that an export has files, and whenever the domain ends, all of them are whole in their place.',
  begin: () => ({
    committed: (commits, world) => (commits.some(({ key }) => key.startsWith(EXPORTS)) ? half(world) : undefined),
    ended: half,
    settled: half,
  }),
};
