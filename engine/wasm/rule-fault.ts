import { AudioCloudError } from '@audiocloud/api';

/** The names of the module rules of docs/plugin-abi.md. */
export type RuleName =
  | 'valid-wasm'
  | 'size'
  | 'known-sections'
  | 'known-types'
  | 'known-instructions'
  | 'imports'
  | 'exports'
  | 'reserved-exports'
  | 'one-memory'
  | 'memory-maximum'
  | 'memory-exported'
  | 'one-table'
  | 'no-start'
  | 'stack-pointer'
  | 'no-growth-in-process'
  | 'no-control-globals-in-process'
  | 'no-data-segments-in-process';

/** One rule that a module breaks, with what was found. */
export interface RuleFault {
  readonly rule: RuleName;
  readonly detail: string;
}

/** Throws PLUGIN_RULES with every broken rule by name. [control] */
export function refuseModule(faults: readonly RuleFault[]): never {
  const list = faults.map((fault) => `${fault.rule} (${fault.detail})`).join('; ');
  throw new AudioCloudError(
    'PLUGIN_RULES',
    `Load module: breaks ${faults.length === 1 ? 'the rule' : `${faults.length} rules`} ${list}; see docs/plugin-abi.md, "What a module must be"`,
    { faults },
  );
}

/** Throws PLUGIN_RULES for a module whose bytes cannot be read on. [control] */
export function refuseBytes(at: number, what: string): never {
  return refuseModule([{ rule: 'valid-wasm', detail: `${what} at byte ${at}` }]);
}
