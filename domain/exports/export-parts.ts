import type { ExportDisk } from './export-disk.ts';
import type { ExportLimits } from './export-limits.ts';
import type { ExportMaker } from './export-maker.ts';
import type { PutFile } from './put-file.ts';

/** What exports of a domain get from outside, real or simulated. */
export interface ExportParts {
  disk: ExportDisk;
  /** Default: DEFAULT_EXPORT_LIMITS. */
  limits?: ExportLimits;
  /** Default: the engines of the domain. */
  maker?: ExportMaker;
  /** Brings a file elsewhere. */
  putFile: PutFile;
  /** That may be on this machine and in networks behind it, without TLS; default false. */
  allowsPrivateUploads?: boolean;
}
