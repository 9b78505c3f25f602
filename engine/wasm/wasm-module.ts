/** Numeric value types by name. */
export const VALUE_TYPES: Readonly<Record<string, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };

/** A function type as text, e.g. `i32 f64 -> i32`: equal texts are equal types. */
export type Signature = string;

export interface WasmImport {
  readonly module: string;
  readonly name: string;
  /** 0 function, 1 table, 2 memory, 3 global, 4 tag. */
  readonly kind: number;
  /** The index of the type of a function; -1 of anything else. */
  readonly type: number;
  readonly global?: WasmGlobal;
}

export interface WasmExport {
  readonly name: string;
  readonly kind: number;
  readonly index: number;
}

export interface WasmGlobal {
  readonly type: number;
  readonly mutable: boolean;
  /** The constant instruction that gives the first value, without its `end`. */
  readonly first: Uint8Array;
  /** The first value of an i32; undefined for other types. */
  readonly i32: number | undefined;
}

export interface WasmLimits {
  readonly flags: number;
  readonly minimum: number;
  readonly maximum: number | undefined;
}

export interface WasmSection {
  readonly id: number;
  /** Of a custom section; '' otherwise. */
  readonly name: string;
  readonly body: Uint8Array;
}

export interface WasmBody {
  /** Where the locals begin, and where the code ends (after its `end`), in `WasmModule.bytes`. */
  readonly start: number;
  readonly end: number;
}

/** What the rules and the rewriter need to know of a module. Indices are those of the binary. */
export interface WasmModule {
  readonly bytes: Uint8Array;
  readonly sections: readonly WasmSection[];
  readonly types: readonly Signature[];
  readonly imports: readonly WasmImport[];
  /** How many of the imports are functions: the index of the first function that the module defines. */
  readonly importedFunctions: number;
  /** The type of each function that the module defines. */
  readonly functionTypes: readonly number[];
  readonly tables: readonly WasmLimits[];
  readonly memories: readonly WasmLimits[];
  /** Imported ones first. */
  readonly globals: readonly WasmGlobal[];
  readonly exports: readonly WasmExport[];
  readonly hasStart: boolean;
  /** Functions that an element segment names: what an indirect call may reach. */
  readonly tableFunctions: readonly number[];
  readonly bodies: readonly WasmBody[];
}

/** Numbers of the sections. */
export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
} as const;

/** The signature of a function by its index, imported or defined; undefined where there is none. */
export function signatureOf(module: WasmModule, functionIndex: number): Signature | undefined {
  const type =
    functionIndex < module.importedFunctions
      ? module.imports.filter(({ kind }) => kind === 0)[functionIndex]!.type
      : module.functionTypes[functionIndex - module.importedFunctions];
  return type === undefined ? undefined : module.types[type];
}

export function exported(module: WasmModule, name: string, kind: number): number | undefined {
  return module.exports.find((entry) => entry.name === name && entry.kind === kind)?.index;
}

/** The types that a signature names. */
export function signatureTypes(signature: Signature): { parameters: number[]; results: number[] } {
  const [parameters, results] = signature
    .split('->')
    .map((list) => (list.match(/\w+/g) ?? []).map((name) => VALUE_TYPES[name]!));
  return { parameters: parameters ?? [], results: results ?? [] };
}
