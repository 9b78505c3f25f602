import { leb, signedLeb } from './byte-writer.ts';
import { OPCODE } from './instructions.ts';

/** Indices of the globals that the rewriter adds, and of the stack pointer. */
export interface AddedGlobals {
  readonly fuel: number;
  /** Holds an operand while a check looks at it; never live across instructions of the module. */
  readonly operand: number;
  readonly stackLimit: number;
  readonly stackBytes: number;
  readonly stackPointer: number | undefined;
}

/** Bytes of a bulk instruction that one unit of fuel pays for, as a shift: 16. */
const BULK_SHIFT = 4;
const EMPTY = 0x40;

const get = (index: number) => [OPCODE.globalGet, ...leb(index)];
const set = (index: number) => [OPCODE.globalSet, ...leb(index)];
const constant = (value: number) => [OPCODE.i32Const, ...signedLeb(value)];
const localGet = (index: number) => [OPCODE.localGet, ...leb(index)];
const localTee = (index: number) => [OPCODE.localTee, ...leb(index)];
const belowZero = [...constant(0), OPCODE.i32LessSigned];
const trapIf = [OPCODE.if, EMPTY, OPCODE.unreachable, OPCODE.end];

/** fuel -= cost; trap below 0. Fuel is at most 2^31 - 1 and one charge at most 2^28, so it never wraps. */
export function tickCode({ fuel }: AddedGlobals, cost: number): number[] {
  return [...get(fuel), ...constant(cost), OPCODE.i32Sub, ...set(fuel), ...get(fuel), ...belowZero, ...trapIf];
}

/** fuel -= (length on top of the stack) / 16; trap below 0; the length stays on the stack. */
export function chargeCode({ fuel, operand }: AddedGlobals): number[] {
  return [
    ...set(operand),
    ...get(fuel),
    ...get(operand),
    ...constant(BULK_SHIFT),
    OPCODE.i32ShiftRightUnsigned,
    OPCODE.i32Sub,
    ...set(fuel),
    ...get(fuel),
    ...belowZero,
    ...trapIf,
    ...get(operand),
  ];
}

/*
 * A function that keeps fuel in a local (scan-function.ts, LocalFuel):
 *
 *   block                     out of fuel: the only place in the function that traps for it, so that a turn of a loop
 *     block (result)          costs a subtraction and a branch that is not taken
 *       local = fuel - cost; br_if 1 (local < 0)
 *       ... code; its branches to the end of the function now lead to the end of this block ...
 *     end
 *     fuel = local; return
 *   end
 *   fuel = local; unreachable
 */

/** fuel = local. */
export function storeFuelCode({ fuel }: AddedGlobals, local: number): number[] {
  return [...localGet(local), ...set(fuel)];
}

/** local = fuel. */
export function loadFuelCode({ fuel }: AddedGlobals, local: number): number[] {
  return [...get(fuel), OPCODE.localSet, ...leb(local)];
}

export function openLocalFuelCode({ fuel }: AddedGlobals, local: number, blockType: number, cost: number): number[] {
  return [
    OPCODE.block,
    EMPTY,
    OPCODE.block,
    blockType,
    ...get(fuel),
    ...constant(cost),
    OPCODE.i32Sub,
    ...localTee(local),
    ...belowZero,
    OPCODE.branchIf,
    1,
  ];
}

/** In place of the function's last `end`. */
export function closeLocalFuelCode(globals: AddedGlobals, local: number): number[] {
  const store = storeFuelCode(globals, local);
  return [OPCODE.end, ...store, OPCODE.return, OPCODE.end, ...store, OPCODE.unreachable, OPCODE.end];
}

/** local -= cost; leave for the end of the function below 0. */
export function turnCode(local: number, depth: number, cost: number): number[] {
  return [
    ...localGet(local),
    ...constant(cost),
    OPCODE.i32Sub,
    ...localTee(local),
    ...belowZero,
    OPCODE.branchIf,
    ...leb(depth + 1),
  ];
}

/** True unless limit <= address <= limit + bytes, in one unsigned comparison that also catches a wrapped address. */
function outsideStack({ stackLimit, stackBytes }: AddedGlobals, address: number): number[] {
  return [...get(address), ...get(stackLimit), OPCODE.i32Sub, ...get(stackBytes), OPCODE.i32GreaterUnsigned];
}

/** After the stack pointer was set. */
export function stackSetCode(globals: AddedGlobals): number[] {
  return globals.stackPointer === undefined ? [] : [...outsideStack(globals, globals.stackPointer), ...trapIf];
}

/** With the address of a frame on top of the stack, where it stays. A bad one is left in the stack pointer, to be named. */
export function stackFrameCode(globals: AddedGlobals): number[] {
  const { operand, stackPointer } = globals;
  if (stackPointer === undefined) return [];
  return [
    ...set(operand),
    ...outsideStack(globals, operand),
    OPCODE.if,
    EMPTY,
    ...get(operand),
    ...set(stackPointer),
    OPCODE.unreachable,
    OPCODE.end,
    ...get(operand),
  ];
}

/** Body of ac_refuel(units): fuel = units; scratch globals start anew. */
export function refuelBody({ fuel }: AddedGlobals, scratch: readonly { index: number; first: Uint8Array }[]): number[] {
  return [
    0, // no locals
    OPCODE.localGet,
    0,
    ...set(fuel),
    ...scratch.flatMap(({ index, first }) => [...first, ...set(index)]),
    OPCODE.end,
  ];
}

/** Body of ac_stack(top, limit): where the stack begins, and the lowest address it may reach. */
export function stackBody({ stackPointer, stackLimit, stackBytes }: AddedGlobals): number[] {
  return [
    0,
    ...(stackPointer === undefined ? [] : [OPCODE.localGet, 0, ...set(stackPointer)]),
    OPCODE.localGet,
    1,
    ...set(stackLimit),
    OPCODE.localGet,
    0,
    OPCODE.localGet,
    1,
    OPCODE.i32Sub,
    ...set(stackBytes),
    OPCODE.end,
  ];
}
