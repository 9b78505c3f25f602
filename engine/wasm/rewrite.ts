import { ByteReader } from './byte-reader.ts';
import { ByteWriter, leb, nameBytes, signedLeb } from './byte-writer.ts';
import { ADDED_EXPORTS } from './entries.ts';
import {
  type AddedGlobals,
  chargeCode,
  closeLocalFuelCode,
  loadFuelCode,
  openLocalFuelCode,
  refuelBody,
  stackBody,
  stackFrameCode,
  stackSetCode,
  storeFuelCode,
  tickCode,
  turnCode,
} from './inserted-code.ts';
import { OPCODE } from './instructions.ts';
import { refuseModule } from './rule-fault.ts';
import type { ModuleFacts } from './rules.ts';
import type { Insertion, LocalFuel } from './scan-function.ts';
import { SECTION } from './wasm-module.ts';

/**
 * control: everything, with the data segments.
 * render: only what ac_process, ac_process_many and ac_reset reach; other bodies trap; no data segments.
 */
export type TwinRole = 'control' | 'render';

export interface RewriteOptions {
  /** false: leave out the metering, to measure what it costs. */
  readonly fuel?: boolean;
  /** false: keep the module's own memory, to compare with the module as it was. */
  readonly shared?: boolean;
  /** false: a render twin's globals keep their values over ac_refuel, to find state that is kept in them. */
  readonly scratch?: boolean;
}

const I32 = 0x7f;
const FUNCTION_TYPE = 0x60;
const MUTABLE = 1;
const SHARED_WITH_MAXIMUM = 3;
/** The place of each section in a module: data count (12) stands before code (10). */
const ORDER = [1, 2, 3, 4, 5, 6, 7, 9, 12, 10, 11];
/** V8's limit for the code of one function. */
const MAXIMUM_BODY = 7_654_321;
const TRAPPING_BODY = [0, OPCODE.unreachable, OPCODE.end];

/**
 * Writes one twin of a module that passed the rules. [control]
 *
 * Inserts fuel and stack checks, imports the memory as shared `host.memory`, and adds the exports ac_refuel(units),
 * ac_stack(top, limit) and the global ac_fuel (what is left; below 0 after fuel ran out). Indices of functions, types
 * and globals stay as they are: what is added comes last. Custom sections are dropped, but for names.
 */
export function rewriteModule(facts: ModuleFacts, role: TwinRole, options: RewriteOptions = {}): Uint8Array {
  const { module, stackPointer } = facts;
  const { fuel = true, shared = true, scratch = true } = options;
  const firstGlobal = module.globals.length;
  const globals: AddedGlobals = {
    fuel: firstGlobal,
    operand: firstGlobal + 1,
    stackLimit: firstGlobal + 2,
    stackBytes: firstGlobal + 3,
    stackPointer,
  };
  const functions = module.importedFunctions + module.functionTypes.length;
  const sections = new Map<number, Uint8Array>();
  for (const { id, body } of module.sections) if (id !== SECTION.custom) sections.set(id, body);
  const append = (id: number, items: readonly ArrayLike<number>[]) => {
    const reader = new ByteReader(sections.get(id) ?? Uint8Array.of(0));
    const writer = new ByteWriter().put(leb(reader.u32() + items.length)).put(reader.bytes.subarray(reader.at));
    for (const item of items) writer.put(item);
    sections.set(id, writer.view());
  };

  append(SECTION.type, [
    [FUNCTION_TYPE, 1, I32, 0],
    [FUNCTION_TYPE, 2, I32, I32, 0],
  ]);
  append(SECTION.function, [leb(module.types.length), leb(module.types.length + 1)]);
  const global = (first: number) => [I32, MUTABLE, OPCODE.i32Const, ...signedLeb(first), OPCODE.end];
  // Until ac_stack is called the stack lies between address 0 and where the module put its top.
  const stackTop = stackPointer === undefined ? 0 : module.globals[stackPointer]!.i32!;
  append(SECTION.global, [global(fuel ? 0 : 0x7fffffff), global(0), global(0), global(stackTop)]);
  append(SECTION.export, [
    [...nameBytes(ADDED_EXPORTS.refuel), 0, ...leb(functions)],
    [...nameBytes(ADDED_EXPORTS.stack), 0, ...leb(functions + 1)],
    [...nameBytes(ADDED_EXPORTS.fuel), 3, ...leb(globals.fuel)],
  ]);
  if (shared) {
    const { minimum, maximum } = module.memories[0]!;
    append(SECTION.import, [
      [...nameBytes('host'), ...nameBytes('memory'), 2, SHARED_WITH_MAXIMUM, ...leb(minimum), ...leb(maximum!)],
    ]);
    sections.delete(SECTION.memory);
  }
  if (role === 'render') {
    // No reached function uses a data segment (a rule), and the control twin has written the active ones.
    sections.delete(SECTION.data);
    sections.delete(SECTION.dataCount);
  }
  sections.set(SECTION.code, codeSection(facts, globals, { role, fuel, scratch }));

  const result = new ByteWriter(module.bytes.length * 2).put(module.bytes.subarray(0, 8));
  for (const id of ORDER) {
    const body = sections.get(id);
    if (body) result.put([id]).putSized(body);
  }
  const names = module.sections.find(({ id, name }) => id === SECTION.custom && name === 'name');
  if (names) result.put([SECTION.custom]).putSized([...nameBytes('name'), ...names.body]);
  return result.view().slice();
}

function codeSection(
  facts: ModuleFacts,
  globals: AddedGlobals,
  { role, fuel, scratch }: { role: TwinRole; fuel: boolean; scratch: boolean },
): Uint8Array {
  const { module, reached } = facts;
  const code = new ByteWriter(module.bytes.length * 2).put(leb(module.bodies.length + 2));
  const body = new ByteWriter(4096);
  module.bodies.forEach((_, i) => {
    if (role === 'render' && !reached.has(i + module.importedFunctions)) {
      code.putSized(TRAPPING_BODY);
      return;
    }
    writeBody(body.clear(), facts, i, globals, fuel);
    if (body.length > MAXIMUM_BODY)
      refuseModule([
        { rule: 'size', detail: `function ${i} has ${body.length} bytes when metered, at most ${MAXIMUM_BODY}` },
      ]);
    code.putSized(body.view());
  });
  // Scratch globals start anew in render twins, so that nothing is kept in them between calls by mistake.
  const fresh = role === 'render' && scratch ? facts.globals.scratch : [];
  code.putSized(
    refuelBody(
      globals,
      fresh.map((index) => ({ index, first: module.globals[index]!.first })),
    ),
  );
  return code.putSized(stackBody(globals)).view();
}

/** One body with its insertions. */
function writeBody(
  to: ByteWriter,
  { module, functions }: ModuleFacts,
  index: number,
  globals: AddedGlobals,
  fuel: boolean,
): void {
  const { bytes } = module;
  const { start, end } = module.bodies[index]!;
  const { insertions, localFuel, isLeaf } = functions[index]!;
  // Imported functions take no fuel either.
  const takesFuel = (target: number) => target < 0 || functions[target - module.importedFunctions]?.isLeaf === false;
  const kept = fuel ? localFuel : undefined;
  let copied = start;
  if (kept) {
    to.put(leb(kept.groups + 1))
      .put(bytes.subarray(kept.groupsAt, kept.codeAt))
      .put([1, I32]);
    copied = kept.codeAt;
  }
  for (const insertion of insertions) {
    to.put(bytes.subarray(copied, insertion.at));
    copied = insertion.at;
    if (insertion.kind === 'stack-set') to.put(stackSetCode(globals));
    else if (insertion.kind === 'stack-frame') to.put(stackFrameCode(globals));
    else if (fuel && !isLeaf) to.put(fuelCode(insertion, globals, kept, takesFuel));
  }
  to.put(bytes.subarray(copied, kept ? kept.endAt : end));
  if (kept) to.put(closeLocalFuelCode(globals, kept.local));
}

function fuelCode(
  insertion: Insertion,
  globals: AddedGlobals,
  kept: LocalFuel | undefined,
  takesFuel: (target: number) => boolean,
): number[] {
  switch (insertion.kind) {
    case 'entry':
      return kept
        ? openLocalFuelCode(globals, kept.local, kept.blockType, insertion.cost)
        : tickCode(globals, insertion.cost);
    case 'turn':
      return kept ? turnCode(kept.local, insertion.depth, insertion.cost) : tickCode(globals, insertion.cost);
    case 'charge':
      return kept
        ? [...storeFuelCode(globals, kept.local), ...chargeCode(globals), ...loadFuelCode(globals, kept.local)]
        : chargeCode(globals);
    case 'before-return':
      return kept ? storeFuelCode(globals, kept.local) : [];
    case 'before-call':
      return kept && takesFuel(insertion.target) ? storeFuelCode(globals, kept.local) : [];
    case 'after-call':
      return kept && takesFuel(insertion.target) ? loadFuelCode(globals, kept.local) : [];
    default:
      return [];
  }
}
