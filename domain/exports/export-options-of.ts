import type { DomainConfig } from '../config/config-schema.ts';
import { DEFAULT_EXPORT_LIMITS, type ExportLimits } from './export-limits.ts';

const GIBIBYTE = 2 ** 30;

/** What the configuration says of exports, as options of a domain. [any] */
export function exportOptionsOf(config: NonNullable<DomainConfig['exports']>): {
  exportLimits: ExportLimits;
  allowsPrivateUploads: boolean;
} {
  const { jobs, mostOpen, mostBytes, reserveBytes } = DEFAULT_EXPORT_LIMITS;
  const { mostGibibytes, reserveGibibytes, privateUploads = false } = config;
  return {
    exportLimits: {
      jobs: config.jobs ?? jobs,
      mostOpen: config.mostOpen ?? mostOpen,
      mostBytes: mostGibibytes === undefined ? mostBytes : mostGibibytes * GIBIBYTE,
      reserveBytes: reserveGibibytes === undefined ? reserveBytes : reserveGibibytes * GIBIBYTE,
    },
    allowsPrivateUploads: privateUploads,
  };
}
