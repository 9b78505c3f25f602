import type { DomainConfig } from '../config/config-schema.ts';
import type { NetworkRules } from '../network/network-guard.ts';

const MEBIBYTE = 2 ** 20;

/** What the configuration says about imports. */
export interface ImportSettings extends NetworkRules {
  /** Of one file, however it comes. */
  mostBytes: number;
  /** All tries of one import from a URL together. */
  longestMs: number;
  /** A server, or a client that uploads, may say nothing for so long. */
  idleMs: number;
  /** A server has to be as fast as this, in bytes a second. */
  slowestRate: number;
  /** An upload is given up so long after it was begun. */
  uploadMs: number;
  /** Uploads of one application that have not ended. */
  mostUploads: number;
}

/** As the configuration has them when it says nothing. */
export const DEFAULT_IMPORTS: ImportSettings = {
  allowsHttp: false,
  networks: [],
  mostBytes: 16_384 * MEBIBYTE,
  longestMs: 6 * 3_600_000,
  idleMs: 30_000,
  slowestRate: 1024,
  uploadMs: 24 * 3_600_000,
  mostUploads: 100,
};

/** What a configuration says; what it leaves out is as DEFAULT_IMPORTS has it. [any] */
export function importSettingsOf(imports: DomainConfig['imports'] = {}): ImportSettings {
  const times = (value: number | undefined, unit: number) => (value === undefined ? undefined : value * unit);
  return {
    allowsHttp: imports.http ?? DEFAULT_IMPORTS.allowsHttp,
    networks: imports.networks ?? DEFAULT_IMPORTS.networks,
    mostBytes: times(imports.mostMebibytes, MEBIBYTE) ?? DEFAULT_IMPORTS.mostBytes,
    longestMs: times(imports.longestMinutes, 60_000) ?? DEFAULT_IMPORTS.longestMs,
    idleMs: times(imports.idleSeconds, 1000) ?? DEFAULT_IMPORTS.idleMs,
    slowestRate: times(imports.slowestKibibytes, 1024) ?? DEFAULT_IMPORTS.slowestRate,
    uploadMs: times(imports.uploadHours, 3_600_000) ?? DEFAULT_IMPORTS.uploadMs,
    mostUploads: imports.mostUploads ?? DEFAULT_IMPORTS.mostUploads,
  };
}
