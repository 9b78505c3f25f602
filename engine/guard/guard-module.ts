import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AudioCloudError } from '@audiocloud/api';
import { compileForBlocks } from '../plugin/optimise.ts';

let module: WebAssembly.Module | undefined;

/** The output guard, compiled once in a process. [control] Throws PLUGIN_MISSING when it is not built. */
export function guardModule(): WebAssembly.Module {
  if (module) return module;
  const path = fileURLToPath(import.meta.resolve('@audiocloud/dsp/output-guard.wasm'));
  try {
    module = compileForBlocks(readFileSync(path));
  } catch (cause) {
    throw new AudioCloudError(
      'PLUGIN_MISSING',
      `Cannot load the output guard ${path}: ${(cause as Error).message}; run npm run build`,
      {},
      { cause },
    );
  }
  return module;
}
