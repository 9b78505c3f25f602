import { AudioCloudError, type ExportState, OUTPUT_FORMAT_FACTS } from '@audiocloud/api';
import type { ExportDisk } from './export-disk.ts';
import { type ExportRecord, hasFiles, type OwnedExport } from './export-record.ts';
import { fileName } from './file-name.ts';

/** A file that is whole. */
export interface ExportFile {
  path: string;
  bytes: number;
  sha256: string;
  mediaType: string;
  /** For whoever stores it. */
  name: string;
}

/** Index of the output of that name. Throws EXPORT_UNKNOWN. [any] */
export function outputIndex({ id }: OwnedExport, { outputs }: ExportRecord, name: string): number {
  const index = outputs.findIndex((one) => one.name === name);
  if (index >= 0) return index;
  const names = outputs.map((one) => one.name).join(', ');
  throw new AudioCloudError('EXPORT_UNKNOWN', `Cannot find ${name} in ${id}: it has ${names}`, { export: id });
}

/** The file of an output. Throws EXPORT_UNKNOWN, EXPORT_EXPIRED; undefined when there is none. [any] */
export function wholeFile(
  disk: ExportDisk,
  owned: OwnedExport,
  record: ExportRecord,
  output: string,
): ExportFile | undefined {
  const { id } = owned;
  const index = outputIndex(owned, record, output);
  if (record.expiredAtMs !== undefined)
    throw new AudioCloudError(
      'EXPORT_EXPIRED',
      `Cannot read ${output} of ${id}: its files were kept for ${record.keepForSeconds} s`,
      { export: id },
    );
  const { format, name } = record.outputs[index]!;
  const written = hasFiles(record) ? record.made!.files[index] : undefined;
  if (!written) return undefined;
  const { extension, mediaType } = OUTPUT_FORMAT_FACTS[format];
  const { bytes, sha256 } = written;
  return { path: disk.pathOf(owned, fileName(index, format)), bytes, sha256, mediaType, name: `${name}${extension}` };
}

/** Why there is no file: EXPORT_UNKNOWN when there will be none, else EXPORT_NOT_READY. [any] */
export function noFile({ id }: OwnedExport, state: ExportState): AudioCloudError {
  const details = { export: id, state };
  if (state === 'failed' || state === 'cancelled')
    return new AudioCloudError(
      'EXPORT_UNKNOWN',
      `Cannot read a file of ${id}: it has ${state}, there are none`,
      details,
    );
  return new AudioCloudError('EXPORT_NOT_READY', `Cannot read a file of ${id} yet: it is ${state}`, details);
}
