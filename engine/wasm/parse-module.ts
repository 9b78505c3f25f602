import { ByteReader } from './byte-reader.ts';
import { isNumericType, OPCODE, skipImmediates, V128_CONST } from './instructions.ts';
import { refuseBytes, refuseModule } from './rule-fault.ts';
import {
  SECTION,
  VALUE_TYPES,
  type WasmBody,
  type WasmExport,
  type WasmGlobal,
  type WasmImport,
  type WasmLimits,
  type WasmModule,
  type WasmSection,
} from './wasm-module.ts';

const MAGIC_AND_VERSION = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const FUNCTION_TYPE = 0x60;
const FUNCREF = 0x70;
const TYPE_NAMES = new Map(Object.entries(VALUE_TYPES).map(([name, type]) => [type, name]));

/** The place of each section in a module; sections not listed are refused (13, tags, belongs to exceptions). */
const PLACE: Record<number, number> = { 1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 7, 8: 8, 9: 9, 12: 10, 10: 11, 11: 12 };

function readSections(bytes: Uint8Array): WasmSection[] {
  if (bytes.length < 8 || MAGIC_AND_VERSION.some((byte, i) => bytes[i] !== byte))
    refuseBytes(0, 'not a WebAssembly module of version 1');
  const reader = new ByteReader(bytes, 8);
  const sections: WasmSection[] = [];
  let last = 0;
  while (!reader.done) {
    const id = reader.byte();
    const part = reader.part(reader.u32());
    if (id === SECTION.custom) {
      const name = part.name();
      sections.push({ id, name, body: bytes.subarray(part.at, part.end) });
      continue;
    }
    const place = PLACE[id];
    if (place === undefined) refuseModule([{ rule: 'known-sections', detail: `section ${id}` }]);
    if (place <= last) refuseBytes(part.at, `section ${id} out of order`);
    last = place;
    sections.push({ id, name: '', body: bytes.subarray(part.at, part.end) });
  }
  return sections;
}

function numericType(reader: ByteReader, where: string): string {
  const type = reader.byte();
  if (!isNumericType(type)) refuseModule([{ rule: 'known-types', detail: `type 0x${type.toString(16)} in ${where}` }]);
  return TYPE_NAMES.get(type)!;
}

function readType(reader: ByteReader): string {
  const form = reader.byte();
  if (form !== FUNCTION_TYPE) refuseModule([{ rule: 'known-types', detail: `type form 0x${form.toString(16)}` }]);
  const list = () => {
    const names: string[] = [];
    for (let count = reader.count(); count > 0; count--) names.push(numericType(reader, 'a function type'));
    return names.join(' ');
  };
  const parameters = list();
  return `${parameters} -> ${list()}`;
}

function readLimits(reader: ByteReader, maximumFlags: number): WasmLimits {
  const flags = reader.u32();
  if (flags > maximumFlags)
    refuseModule([{ rule: 'known-types', detail: `limits with flags ${flags} (64-bit, or not known)` }]);
  return { flags, minimum: reader.u32(), maximum: flags & 1 ? reader.u32() : undefined };
}

function readTable(reader: ByteReader): WasmLimits {
  const type = reader.byte();
  if (type !== FUNCREF) refuseModule([{ rule: 'known-types', detail: `a table of 0x${type.toString(16)}` }]);
  return readLimits(reader, 1);
}

function readImport(reader: ByteReader): WasmImport {
  const module = reader.name();
  const name = reader.name();
  const kind = reader.byte();
  if (kind === 0) return { module, name, kind, type: reader.u32() };
  if (kind === 1) readTable(reader);
  else if (kind === 2) readLimits(reader, 3);
  else if (kind === 3) {
    const type = reader.byte();
    return {
      module,
      name,
      kind,
      type: -1,
      global: { type, mutable: reader.byte() === 1, first: new Uint8Array(), i32: undefined },
    };
  } else if (kind === 4) {
    reader.byte();
    reader.u32();
  } else refuseBytes(reader.at, `import of kind ${kind}`);
  return { module, name, kind, type: -1 };
}

/** A constant expression: one constant instruction and `end`. Others (extended constants) are refused. */
function readConstant(reader: ByteReader): {
  bytes: Uint8Array;
  i32: number | undefined;
  functionIndex: number | undefined;
} {
  const start = reader.at;
  const opcode = reader.byte();
  let i32: number | undefined;
  let functionIndex: number | undefined;
  if (opcode === OPCODE.i32Const) i32 = reader.s32();
  else if (opcode === OPCODE.refFunc) functionIndex = reader.u32();
  else if (opcode === OPCODE.refNull) {
    if (reader.byte() !== FUNCREF) refuseModule([{ rule: 'known-types', detail: 'a null that is not a function' }]);
  } else {
    const constant = opcode >= OPCODE.i64Const && opcode <= OPCODE.f64Const;
    const sub = constant || opcode === OPCODE.simdPrefix ? skipImmediates(reader, opcode) : -1;
    if (!constant && sub !== V128_CONST)
      refuseModule([{ rule: 'known-instructions', detail: `0x${opcode.toString(16)} in a constant expression` }]);
  }
  const bytes = reader.bytes.subarray(start, reader.at);
  if (reader.byte() !== OPCODE.end)
    refuseModule([{ rule: 'known-instructions', detail: 'a constant expression of more than one instruction' }]);
  return { bytes, i32, functionIndex };
}

function readGlobal(reader: ByteReader): WasmGlobal {
  const type = reader.byte();
  if (!isNumericType(type)) refuseModule([{ rule: 'known-types', detail: `a global of type 0x${type.toString(16)}` }]);
  const flags = reader.byte();
  if (flags > 1) refuseModule([{ rule: 'known-types', detail: `a global with flags ${flags}` }]);
  const { bytes, i32 } = readConstant(reader);
  return { type, mutable: flags === 1, first: bytes, i32 };
}

/** One element segment of any kind; adds the functions it names. */
function readElement(reader: ByteReader, functions: number[]): void {
  const kind = reader.u32();
  if (kind > 7) refuseBytes(reader.at, `element segment of kind ${kind}`);
  const active = !(kind & 1);
  if (active && kind & 2 && reader.u32() !== 0)
    refuseModule([{ rule: 'one-table', detail: 'an element segment of a second table' }]);
  if (active) readConstant(reader);
  const expressions = kind & 4;
  if (kind & 3) {
    const type = reader.byte();
    if (type !== (expressions ? FUNCREF : 0x00))
      refuseModule([{ rule: 'known-types', detail: `elements of type 0x${type.toString(16)}` }]);
  }
  for (let count = reader.count(); count > 0; count--) {
    const index = expressions ? readConstant(reader).functionIndex : reader.u32();
    if (index !== undefined) functions.push(index);
  }
}

/**
 * Splits a module into what the rules and the rewriter need. [control]
 *
 * Throws PLUGIN_RULES for bytes that cannot be read on, and for types and sections that are not of the feature set
 * of docs/plugin-abi.md. It does not validate: what it returns may still be refused by WebAssembly.validate.
 */
export function parseModule(bytes: Uint8Array): WasmModule {
  const sections = readSections(bytes);
  const readerOf = (id: number): ByteReader | undefined => {
    const body = sections.find((section) => section.id === id)?.body;
    return (
      body &&
      new ByteReader(bytes, body.byteOffset - bytes.byteOffset, body.byteOffset - bytes.byteOffset + body.length)
    );
  };
  const listOf = <T>(id: number, read: (reader: ByteReader) => T): T[] => {
    const reader = readerOf(id);
    const items: T[] = [];
    if (!reader) return items;
    for (let count = reader.count(); count > 0; count--) items.push(read(reader));
    if (!reader.done) refuseBytes(reader.at, `section ${id} is longer than its list`);
    return items;
  };

  const types = listOf(SECTION.type, readType);
  const imports = listOf(SECTION.import, readImport);
  const functionTypes = listOf(SECTION.function, (reader) => reader.u32());
  const tables = listOf(SECTION.table, readTable);
  const memories = listOf(SECTION.memory, (reader) => readLimits(reader, 3));
  const globals = [...imports.flatMap(({ global }) => global ?? []), ...listOf(SECTION.global, readGlobal)];
  const importedFunctions = imports.filter(({ kind }) => kind === 0).length;
  const exports = listOf(SECTION.export, (reader): WasmExport => {
    const name = reader.name();
    return { name, kind: reader.byte(), index: reader.u32() };
  });
  const tableFunctions: number[] = [];
  listOf(SECTION.element, (reader) => readElement(reader, tableFunctions));
  const bodies = listOf(SECTION.code, (reader): WasmBody => {
    const body = reader.part(reader.u32());
    return { start: body.at, end: body.end };
  });
  if (bodies.length !== functionTypes.length)
    refuseBytes(0, `${functionTypes.length} functions declared, ${bodies.length} bodies`);
  const hasStart = sections.some((section) => section.id === SECTION.start);
  return {
    bytes,
    sections,
    types,
    imports,
    importedFunctions,
    functionTypes,
    tables,
    memories,
    globals,
    exports,
    hasStart,
    tableFunctions,
    bodies,
  };
}
