import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AudioCloudError } from '@audiocloud/api';
import { compileForBlocks } from '../plugin/optimise.ts';
import { GUARD, OP } from '../render/program.ts';

let module: WebAssembly.Module | undefined;

/** The engine's block runner, compiled once in a process. [control] Throws PLUGIN_MISSING when it is not built. */
export function hostModule(): WebAssembly.Module {
  if (module) return module;
  const path = fileURLToPath(import.meta.resolve('@audiocloud/dsp/host.wasm'));
  try {
    module = compileForBlocks(readFileSync(path));
  } catch (cause) {
    throw new AudioCloudError(
      'PLUGIN_MISSING',
      `Cannot load the block runner ${path}: ${(cause as Error).message}; run npm run build`,
      {},
      { cause },
    );
  }
  compareNumbers(module);
  return module;
}

/** The numbers of the operations, and the guard, are written on both sides; they must be the same. */
function compareNumbers(compiled: WebAssembly.Module): void {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1024, shared: true });
  const { exports } = new WebAssembly.Instance(compiled, {
    env: { memory },
    plugin: { process: () => 0, process_many: () => {}, refuel: () => {} },
  });
  for (const [name, number] of Object.entries(OP)) {
    const exported = `op_${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
    const theirs = (exports[exported] as WebAssembly.Global | undefined)?.value;
    if (theirs !== number)
      throw new AudioCloudError(
        'PLUGIN_ABI',
        `Cannot use the block runner: ${exported} is ${theirs}, wanted ${number}; run npm run build`,
      );
  }
  if (BigInt.asUintN(64, (exports['guard'] as WebAssembly.Global | undefined)?.value ?? 0n) !== GUARD.word)
    throw new AudioCloudError('PLUGIN_ABI', 'Cannot use the block runner: its guard is another one; run npm run build');
}
