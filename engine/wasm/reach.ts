import type { FunctionFacts } from './scan-function.ts';
import { exported, signatureOf, type WasmModule } from './wasm-module.ts';

/** What render twins call. */
export const RENDER_ENTRIES = ['ac_process', 'ac_process_many', 'ac_reset'] as const;

/**
 * Every function (by index) that the render entries can reach. [control]
 *
 * An indirect call may reach every function of its type that an element segment names: tables cannot change, since
 * every instruction that writes one is refused.
 */
export function reachOfRender(module: WasmModule, facts: readonly FunctionFacts[]): Set<number> {
  const imported = module.importedFunctions;
  const bySignature = Map.groupBy(new Set(module.tableFunctions), (index) => signatureOf(module, index) ?? '');
  const reached = new Set<number>();
  const waiting: number[] = [];
  const visit = (index: number) => {
    if (index < imported || reached.has(index) || !facts[index - imported]) return;
    reached.add(index);
    waiting.push(index);
  };
  for (const entry of RENDER_ENTRIES) {
    const index = exported(module, entry, 0);
    if (index !== undefined) visit(index);
  }
  const seenTypes = new Set<number>();
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    const { calls, indirectTypes } = facts[index - imported]!;
    for (const call of calls) visit(call);
    for (const type of indirectTypes) {
      if (seenTypes.has(type)) continue;
      seenTypes.add(type);
      for (const target of bySignature.get(module.types[type] ?? '') ?? []) visit(target);
    }
  }
  return reached;
}

/** Mutable globals that the reached functions read, and what is wrong with the way they are used. */
export interface GlobalUse {
  /** Read by a reached function: set to their first values at every refuel of a render twin. */
  readonly scratch: number[];
  /** Read by a reached function and written by others only: its value would never arrive in a render twin. */
  readonly control: number[];
}

export function globalUse(
  module: WasmModule,
  facts: readonly FunctionFacts[],
  reached: ReadonlySet<number>,
  stackPointer: number | undefined,
): GlobalUse {
  const reads = new Set<number>();
  const writesInside = new Set<number>();
  const writesOutside = new Set<number>();
  facts.forEach((fact, i) => {
    const inside = reached.has(i + module.importedFunctions);
    if (inside) for (const index of fact.reads) reads.add(index);
    for (const index of fact.writes) (inside ? writesInside : writesOutside).add(index);
  });
  if (stackPointer !== undefined) reads.delete(stackPointer);
  const read = [...reads];
  return {
    scratch: read.filter((index) => writesInside.has(index)),
    control: read.filter((index) => writesOutside.has(index) && !writesInside.has(index)),
  };
}
