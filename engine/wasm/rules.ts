import { constantExport } from './constant-export.ts';
import { ADDED_EXPORTS, ALLOWED_IMPORTS, OPTIONAL_ENTRIES, REQUIRED_ENTRIES, STACK_POINTER } from './entries.ts';
import { parseModule } from './parse-module.ts';
import { type GlobalUse, globalUse, reachOfRender } from './reach.ts';
import { type RuleFault, type RuleName, refuseModule } from './rule-fault.ts';
import { type FunctionFacts, scanFunction } from './scan-function.ts';
import { exported, signatureOf, type WasmModule } from './wasm-module.ts';

/** A module with all that the rewriter needs. */
export interface ModuleFacts {
  readonly module: WasmModule;
  readonly functions: readonly FunctionFacts[];
  readonly stackPointer: number | undefined;
  readonly reached: ReadonlySet<number>;
  readonly globals: GlobalUse;
}

export type Rule = (facts: ModuleFacts) => RuleFault[];

const MAXIMUM_BYTES = 2 << 20;
const MAXIMUM_PAGES = 1024;
/** A table takes 8 to 16 bytes an entry on the host before anything runs. */
const MAXIMUM_TABLE = 65536;

const fault = (rule: RuleName, detail: string): RuleFault[] => [{ rule, detail }];

/** A function's exported name where it has one: what an author can find again. */
function functionName({ module }: ModuleFacts, index: number): string {
  return module.exports.find((entry) => entry.kind === 0 && entry.index === index)?.name ?? `function ${index}`;
}

/** Reached functions for which `test` holds, by name. */
function reachedWhere(facts: ModuleFacts, test: (fact: FunctionFacts) => boolean): string {
  const found = [...facts.reached].filter((index) => test(facts.functions[index - facts.module.importedFunctions]!));
  return found
    .slice(0, 4)
    .map((index) => functionName(facts, index))
    .join(', ');
}

const knownInstructions: Rule = ({ functions }) => {
  const refused = new Set(functions.flatMap((facts) => facts.refused ?? []));
  return refused.size ? fault('known-instructions', [...refused].join(', ')) : [];
};

const imports: Rule = ({ module }) =>
  module.imports.flatMap(({ module: from, name, kind, type }) => {
    const wanted = ALLOWED_IMPORTS[`${from}.${name}`];
    if (wanted !== undefined && kind === 0 && module.types[type] === wanted) return [];
    const allowed = Object.entries(ALLOWED_IMPORTS).map(([key, signature]) => `${key} (${signature})`);
    return fault('imports', `${from}.${name} is imported, allowed are ${allowed.join(' and ')}`);
  });

const oneMemory: Rule = ({ module }) => {
  if (module.memories.length !== 1) return fault('one-memory', `${module.memories.length} memories are defined`);
  const { flags, minimum, maximum } = module.memories[0]!;
  if (flags > 1) return fault('one-memory', 'the memory is already shared');
  if (maximum === undefined) return fault('memory-maximum', 'the memory has none');
  return maximum > MAXIMUM_PAGES || minimum > maximum
    ? fault('memory-maximum', `${minimum} to ${maximum} pages, at most ${MAXIMUM_PAGES}`)
    : [];
};

const memoryExported: Rule = ({ module }) =>
  exported(module, 'memory', 2) === 0 ? [] : fault('memory-exported', 'no memory is exported as `memory`');

const oneTable: Rule = ({ module }) => {
  if (module.tables.length > 1) return fault('one-table', `${module.tables.length} tables`);
  const entries = module.tables[0]?.minimum ?? 0;
  return entries > MAXIMUM_TABLE ? fault('one-table', `${entries} entries, at most ${MAXIMUM_TABLE}`) : [];
};

const noStart: Rule = ({ module }) => (module.hasStart ? fault('no-start', 'the module has a start function') : []);

const reservedExports: Rule = ({ module }) =>
  module.exports
    .filter(({ name }) => Object.values<string>(ADDED_EXPORTS).includes(name))
    .flatMap(({ name }) => fault('reserved-exports', name));

const stackPointer: Rule = ({ module, functions, stackPointer: exportedIndex }) => {
  const index = exported(module, STACK_POINTER, 3);
  if (index !== undefined && exportedIndex === undefined)
    return fault('stack-pointer', `${STACK_POINTER} is not a mutable i32 that starts at a constant`);
  const hidden = functions.find(({ stackLike }) => stackLike >= 0 && stackLike !== exportedIndex)?.stackLike;
  return hidden === undefined
    ? []
    : fault('stack-pointer', `global ${hidden} moves like a stack pointer and is not exported as ${STACK_POINTER}`);
};

const noGrowthInProcess: Rule = (facts) => {
  const names = reachedWhere(facts, (fact) => fact.grows);
  return names ? fault('no-growth-in-process', `memory.grow or memory.size in ${names}`) : [];
};

const noControlGlobalsInProcess: Rule = ({ globals }) =>
  globals.control.length
    ? fault(
        'no-control-globals-in-process',
        `global ${globals.control.join(', ')} is read by the render entries and written by others only`,
      )
    : [];

const noDataSegmentsInProcess: Rule = (facts) => {
  const names = reachedWhere(facts, (fact) => fact.usesDataSegments);
  return names ? fault('no-data-segments-in-process', `memory.init or data.drop in ${names}`) : [];
};

const exportsOfThePlugin: Rule = ({ module }) => {
  const faults: RuleFault[] = [];
  if (constantExport(module, 'ac_abi') === undefined)
    faults.push({
      rule: 'exports',
      detail: 'ac_abi: a constant i32 is wanted, a global or a function that returns it',
    });
  for (const [entries, optional] of [
    [REQUIRED_ENTRIES, false],
    [OPTIONAL_ENTRIES, true],
  ] as const)
    for (const [name, wanted] of Object.entries(entries)) {
      const entry = module.exports.find((each) => each.name === name);
      const found = entry?.kind === 0 ? signatureOf(module, entry.index) : undefined;
      if (found === wanted || (optional && !entry)) continue;
      faults.push({
        rule: 'exports',
        detail: `${name}: (${wanted}) is wanted, ${found === undefined ? 'no function' : `(${found})`} is exported`,
      });
    }
  return faults;
};

/** What makes a module safe to rewrite; one line for each rule. */
export const MODULE_RULES: readonly Rule[] = [
  knownInstructions,
  imports,
  oneMemory,
  memoryExported,
  oneTable,
  noStart,
  reservedExports,
  stackPointer,
  noGrowthInProcess,
  noControlGlobalsInProcess,
  noDataSegmentsInProcess,
];

/** What makes it a plugin besides. */
export const PLUGIN_RULES: readonly Rule[] = [...MODULE_RULES, exportsOfThePlugin];

/**
 * Reads a module and checks it against `rules`. Nothing of it runs. [control]
 *
 * Throws PLUGIN_RULES naming every rule it breaks (after bytes that cannot be read on, only the first).
 */
export function checkModule(bytes: Uint8Array, rules: readonly Rule[] = PLUGIN_RULES): ModuleFacts {
  if (bytes.length > MAXIMUM_BYTES) refuseModule(fault('size', `${bytes.length} bytes, at most ${MAXIMUM_BYTES}`));
  const module = parseModule(bytes);
  const stackIndex = exported(module, STACK_POINTER, 3);
  const stackGlobal = stackIndex === undefined ? undefined : module.globals[stackIndex];
  const stack = stackGlobal?.mutable && stackGlobal.i32 !== undefined ? stackIndex : undefined;
  const functions = module.bodies.map((body, i) =>
    scanFunction(module, body, signatureOf(module, i + module.importedFunctions) ?? ' -> ', stack),
  );
  const reached = reachOfRender(module, functions);
  const facts: ModuleFacts = {
    module,
    functions,
    stackPointer: stack,
    reached,
    globals: globalUse(module, functions, reached, stack),
  };
  const faults = rules.flatMap((rule) => rule(facts));
  if (faults.length) refuseModule(faults);
  if (!WebAssembly.validate(bytes as BufferSource))
    refuseModule(fault('valid-wasm', `the module does not validate, or needs more than the features allowed`));
  return facts;
}
