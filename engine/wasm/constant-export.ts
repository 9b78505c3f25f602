import { ByteReader } from './byte-reader.ts';
import { OPCODE } from './instructions.ts';
import type { WasmModule } from './wasm-module.ts';

/**
 * The i32 constant that a module exports under a name, read without running anything; undefined if there is none. [control]
 *
 * It is a constant global (AssemblyScript: `export const`), or a function without locals that only returns a constant:
 * C cannot export a global by value, clang exports the address of the variable.
 */
export function constantExport(module: WasmModule, name: string): number | undefined {
  const entry = module.exports.find((each) => each.name === name);
  if (entry?.kind === 3) {
    const global = module.globals[entry.index];
    return global?.mutable ? undefined : global?.i32;
  }
  const body = entry?.kind === 0 ? module.bodies[entry.index - module.importedFunctions] : undefined;
  if (!body) return undefined;
  const reader = new ByteReader(module.bytes, body.start, body.end);
  if (reader.byte() !== 0 || reader.byte() !== OPCODE.i32Const) return undefined;
  const value = reader.s32();
  return reader.byte() === OPCODE.end && reader.done ? value : undefined;
}
