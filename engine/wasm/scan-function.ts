import { ByteReader } from './byte-reader.ts';
import { BULK, OPCODE, refusedInstruction, skipImmediates } from './instructions.ts';
import { refuseBytes } from './rule-fault.ts';
import { type Signature, signatureTypes, type WasmBody, type WasmModule } from './wasm-module.ts';

/** A place in a body where the rewriter inserts code. `at` counts from the start of the module's bytes. */
export type Insertion =
  | { readonly at: number; readonly kind: 'entry'; cost: number }
  /** A turn of a loop begins, `depth` blocks deep (1: in the loop only). */
  | { readonly at: number; readonly kind: 'turn'; cost: number; readonly depth: number }
  | { readonly at: number; readonly kind: 'before-return' }
  /** `target`: the index of the function; -1 of an indirect call. */
  | { readonly at: number; readonly kind: 'before-call' | 'after-call'; readonly target: number }
  /** A bulk instruction follows, with its length on top of the stack. */
  | { readonly at: number; readonly kind: 'charge' }
  /** The stack pointer was set. */
  | { readonly at: number; readonly kind: 'stack-set' }
  /** The address of a frame that the stack pointer is not moved to (a leaf function) is on top of the stack. */
  | { readonly at: number; readonly kind: 'stack-frame' };

/**
 * How a function with loops meters their turns: fuel is in a local while its own code runs, since a global costs a
 * store and a load in every turn.
 */
export interface LocalFuel {
  /** Index of the local that is added. */
  readonly local: number;
  /** Groups of locals that there are, and where the first begins. */
  readonly groups: number;
  readonly groupsAt: number;
  /** Where the code begins, and where its last `end` stands. */
  readonly codeAt: number;
  readonly endAt: number;
  /** Type of the block that holds the code: the function's result, or 0x40 without one. */
  readonly blockType: number;
}

/** What one function does, as far as the rules ask. */
export interface FunctionFacts {
  readonly calls: Set<number>;
  /** Types of its indirect calls. */
  readonly indirectTypes: Set<number>;
  readonly reads: Set<number>;
  readonly writes: Set<number>;
  /** Uses memory.grow or memory.size. */
  grows: boolean;
  /** Uses memory.init or data.drop. */
  usesDataSegments: boolean;
  /** A mutable global that it moves down as compilers move a stack pointer; -1 without one. */
  stackLike: number;
  /** What it uses that is refused; undefined if nothing. */
  refused: string | undefined;
  /** In rising order. */
  readonly insertions: Insertion[];
  /** Of a function with loops and at most one result. */
  localFuel: LocalFuel | undefined;
  /** Short, without loops, calls and bulk instructions: whoever calls it pays for it, and it needs no fuel of its own. */
  isLeaf: boolean;
}

/** Bytes of code that one unit of fuel pays for: small loops cost 1, long straight code its share. */
const BYTES_PER_UNIT = 256;
const LOCALS_PER_UNIT = 64;
/** V8's limit is 50,000; one is added. */
const MAXIMUM_LOCALS = 49_999;
const EMPTY_BLOCK = 0x40;
/** Frames of C are multiples of 16 bytes; counters that run down by 1 are not mistaken for stack pointers. */
const FRAME_ALIGN = 4;
const LEAST_STACK_ADDRESS = 1024;

/** Reads one function body: what it reaches and where fuel and stack checks belong. [control] */
export function scanFunction(
  module: WasmModule,
  body: WasmBody,
  signature: Signature,
  stackPointer: number | undefined,
): FunctionFacts {
  const facts: FunctionFacts = {
    calls: new Set(),
    indirectTypes: new Set(),
    reads: new Set(),
    writes: new Set(),
    grows: false,
    usesDataSegments: false,
    stackLike: -1,
    refused: undefined,
    insertions: [],
    localFuel: undefined,
    isLeaf: false,
  };
  const reader = new ByteReader(module.bytes, body.start, body.end);
  const { parameters, results } = signatureTypes(signature);
  const groups = reader.count(2);
  const groupsAt = reader.at;
  let locals = parameters.length;
  for (let group = 0; group < groups; group++) {
    locals += reader.u32();
    const type = reader.byte();
    if (type < 0x7b || type > 0x7f) {
      facts.refused = `a local of type 0x${type.toString(16)}`;
      return facts;
    }
  }
  if (locals > MAXIMUM_LOCALS) {
    facts.refused = `${locals} locals, at most ${MAXIMUM_LOCALS}`;
    return facts;
  }
  const codeAt = reader.at;
  let hasLoop = false;
  const entry = { at: codeAt, kind: 'entry' as const, cost: 1 };
  facts.insertions.push(entry);
  let callSites = 0; // each costs a unit, which pays for a leaf
  // Open blocks; for a loop its tick, whose cost is known at its end.
  const open: ({ tick: { cost: number }; start: number; callSites: number } | undefined)[] = [undefined];
  // The last instructions, to recognise `global.get g, i32.const n, i32.sub, local.tee?, global.set g`.
  let global = -1; // g, while the sequence holds
  let frame = 0; // n
  let step = 0; // 1 after get, 2 after const, 3 after sub (and tee)

  while (!reader.done) {
    if (open.length === 0) refuseBytes(reader.at, 'code after the end of a function');
    const at = reader.at;
    const opcode = reader.byte();
    let next = 0;
    switch (opcode) {
      case OPCODE.globalGet:
      case OPCODE.globalSet: {
        const index = reader.u32();
        const target = module.globals[index];
        if (!target) refuseBytes(at, `global ${index}, of ${module.globals.length}`);
        if (!target.mutable) break;
        (opcode === OPCODE.globalGet ? facts.reads : facts.writes).add(index);
        if (opcode === OPCODE.globalGet) {
          global = index;
          next = 1;
        } else {
          if (index === stackPointer) {
            if (step === 3 && index === global) facts.insertions.pop(); // the set checks the same address
            facts.insertions.push({ at: reader.at, kind: 'stack-set' });
          }
          if (step === 3 && index === global && isStackLike(target.i32, frame)) facts.stackLike = index;
        }
        break;
      }
      case OPCODE.i32Const:
        frame = reader.s32();
        if (step === 1) next = 2;
        break;
      case OPCODE.i32Sub:
      case OPCODE.i32Add: // optimisers write x - 64 as x + -64, which is a byte shorter
        if (step === 2) {
          if (opcode === OPCODE.i32Add) frame = -frame;
          if (frame <= 0) break; // an address in the caller's frame
          next = 3;
          if (global === stackPointer) facts.insertions.push({ at: reader.at, kind: 'stack-frame' });
          else if (isStackLike(module.globals[global]!.i32, frame) && frame % 16 === 0) facts.stackLike = global;
        }
        break;
      case OPCODE.localTee:
        reader.u32();
        if (step === 3) next = 3;
        break;
      case OPCODE.return:
        facts.insertions.push({ at, kind: 'before-return' });
        break;
      case OPCODE.call: {
        const target = reader.u32();
        callSites++;
        facts.calls.add(target);
        facts.insertions.push({ at, kind: 'before-call', target }, { at: reader.at, kind: 'after-call', target });
        break;
      }
      case OPCODE.callIndirect:
        callSites++;
        facts.indirectTypes.add(reader.u32());
        if (reader.u32() !== 0) facts.refused ??= refusedInstruction(opcode, 0);
        facts.insertions.push(
          { at, kind: 'before-call', target: -1 },
          { at: reader.at, kind: 'after-call', target: -1 },
        );
        break;
      case OPCODE.loop: {
        skipImmediates(reader, opcode);
        hasLoop = true;
        const tick = { at: reader.at, kind: 'turn' as const, cost: 1, depth: open.length };
        facts.insertions.push(tick);
        open.push({ tick, start: reader.at, callSites });
        break;
      }
      case OPCODE.block:
      case OPCODE.if:
        skipImmediates(reader, opcode);
        open.push(undefined);
        break;
      case OPCODE.end: {
        const loop = open.pop();
        if (loop) loop.tick.cost += Math.floor((at - loop.start) / BYTES_PER_UNIT) + callSites - loop.callSites;
        break;
      }
      default: {
        const sub = skipImmediates(reader, opcode);
        if (sub < 0) {
          const prefixed = opcode >= 0xfb && opcode <= 0xfe;
          facts.refused = refusedInstruction(
            opcode,
            prefixed ? new ByteReader(module.bytes, at + 1, body.end).u32() : 0,
          );
          return facts;
        }
        if (opcode === OPCODE.memorySize || opcode === OPCODE.memoryGrow) facts.grows = true;
        if (opcode === OPCODE.bulkPrefix && sub >= BULK.memoryInit) {
          if (sub === BULK.memoryInit || sub === BULK.dataDrop) facts.usesDataSegments = true;
          if (sub !== BULK.dataDrop) facts.insertions.push({ at, kind: 'charge' });
        }
      }
    }
    step = next;
  }
  if (open.length > 0) refuseBytes(body.end, 'a function without its end');
  const codeBytes = body.end - codeAt;
  entry.cost += Math.floor(codeBytes / BYTES_PER_UNIT) + Math.floor(locals / LOCALS_PER_UNIT) + callSites;
  const hasBulk = facts.insertions.some(({ kind }) => kind === 'charge');
  facts.isLeaf = !hasLoop && !hasBulk && callSites === 0 && entry.cost === 1;
  if (hasLoop && results.length <= 1)
    facts.localFuel = {
      local: locals,
      groups,
      groupsAt,
      codeAt,
      endAt: body.end - 1,
      blockType: results[0] ?? EMPTY_BLOCK,
    };
  return facts;
}

function isStackLike(first: number | undefined, frame: number): boolean {
  return first !== undefined && first >= LEAST_STACK_ADDRESS && frame >= FRAME_ALIGN && frame % FRAME_ALIGN === 0;
}
