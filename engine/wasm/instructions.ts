import type { ByteReader } from './byte-reader.ts';

/** Opcodes that the scanner and the rewriter name. */
export const OPCODE = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  branchIf: 0x0d,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  memorySize: 0x3f,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i64Const: 0x42,
  f32Const: 0x43,
  f64Const: 0x44,
  i32LessSigned: 0x48,
  i32GreaterUnsigned: 0x4b,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32ShiftRightUnsigned: 0x76,
  refNull: 0xd0,
  refFunc: 0xd2,
  bulkPrefix: 0xfc,
  simdPrefix: 0xfd,
} as const;

export const BULK = { memoryInit: 8, dataDrop: 9, memoryCopy: 10, memoryFill: 11 } as const;
export const V128_CONST = 12;

/** Value types a module may use: i32, i64, f32, f64, v128. References are not among them. */
export function isNumericType(type: number): boolean {
  return type >= 0x7b && type <= 0x7f;
}

/** How many immediates follow an opcode. 0 means refused, so that an opcode nobody listed never slips through. */
const REFUSED = 0;
const NONE = 1;
const INDEX = 2;
const BLOCK_TYPE = 3;
const BRANCH_TABLE = 4;
const TYPE_AND_TABLE = 5;
const TYPED_SELECT = 6;
const MEMORY_ACCESS = 7;
const MEMORY_INDEX = 8;
const SIGNED_32 = 9;
const SIGNED_64 = 10;
const BYTES_4 = 11;
const BYTES_8 = 12;
const BYTES_16 = 13;
const LANE = 14;
const MEMORY_ACCESS_AND_LANE = 15;
const PREFIX_BULK = 16;
const PREFIX_SIMD = 17;
const DATA_AND_MEMORY = 18;
const DATA_INDEX = 19;
const MEMORY_PAIR = 20;

function table(rows: readonly (readonly [first: number, last: number, immediates: number])[]): Uint8Array {
  const kinds = new Uint8Array(256);
  for (const [first, last, immediates] of rows) kinds.fill(immediates, first, last + 1);
  return kinds;
}

const plain = table([
  [0x00, 0x01, NONE], // unreachable, nop
  [0x02, 0x04, BLOCK_TYPE], // block, loop, if
  [0x05, 0x05, NONE], // else
  [0x0b, 0x0b, NONE], // end
  [0x0c, 0x0d, INDEX], // br, br_if
  [0x0e, 0x0e, BRANCH_TABLE],
  [0x0f, 0x0f, NONE], // return
  [0x10, 0x10, INDEX], // call
  [0x11, 0x11, TYPE_AND_TABLE], // call_indirect
  [0x1a, 0x1b, NONE], // drop, select
  [0x1c, 0x1c, TYPED_SELECT],
  [0x20, 0x24, INDEX], // locals and globals
  [0x28, 0x3e, MEMORY_ACCESS],
  [0x3f, 0x40, MEMORY_INDEX], // memory.size, memory.grow
  [0x41, 0x41, SIGNED_32],
  [0x42, 0x42, SIGNED_64],
  [0x43, 0x43, BYTES_4],
  [0x44, 0x44, BYTES_8],
  [0x45, 0xc4, NONE], // comparisons, arithmetic, conversions, sign extension
  [0xfc, 0xfc, PREFIX_BULK],
  [0xfd, 0xfd, PREFIX_SIMD],
]);

const bulk = table([
  [0, 7, NONE], // saturating conversions
  [8, 8, DATA_AND_MEMORY], // memory.init
  [9, 9, DATA_INDEX], // data.drop
  [10, 10, MEMORY_PAIR], // memory.copy
  [11, 11, MEMORY_INDEX], // memory.fill
]);

const simd = table([
  [0x00, 0x0b, MEMORY_ACCESS],
  [0x0c, 0x0d, BYTES_16], // v128.const, i8x16.shuffle
  [0x0e, 0x14, NONE],
  [0x15, 0x22, LANE],
  [0x23, 0x53, NONE],
  [0x54, 0x5b, MEMORY_ACCESS_AND_LANE],
  [0x5c, 0x5d, MEMORY_ACCESS],
  [0x5e, 0xff, NONE],
  // holes of the specification's table
  ...[0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb, 0xc2, 0xc5, 0xc6, 0xcf, 0xd0, 0xd2, 0xd3, 0xd4].map(
    (opcode) => [opcode, opcode, REFUSED] as const,
  ),
  [0xe2, 0xe2, REFUSED],
  [0xee, 0xee, REFUSED],
]);

/** Moves past one instruction's immediates. Returns its sub-opcode (0 without a prefix), or -1 if it is refused. [control] */
export function skipImmediates(reader: ByteReader, opcode: number): number {
  let kind = plain[opcode]!;
  let sub = 0;
  if (kind === PREFIX_BULK || kind === PREFIX_SIMD) {
    sub = reader.u32();
    kind = sub > 255 ? REFUSED : (kind === PREFIX_BULK ? bulk : simd)[sub]!;
  }
  switch (kind) {
    case NONE:
      return sub;
    case INDEX:
    case DATA_INDEX:
      reader.u32();
      return sub;
    case BLOCK_TYPE:
      reader.skipLeb(5);
      return sub;
    case BRANCH_TABLE:
      for (let labels = reader.count() + 1; labels > 0; labels--) reader.u32();
      return sub;
    case TYPE_AND_TABLE:
      reader.u32();
      return reader.u32() === 0 ? sub : -1;
    case TYPED_SELECT: {
      let known = true;
      for (let types = reader.count(); types > 0; types--) known = isNumericType(reader.byte()) && known;
      return known ? sub : -1;
    }
    case MEMORY_ACCESS:
    case MEMORY_ACCESS_AND_LANE:
      if (reader.u32() >= 64) return -1; // bit 6 of the alignment names a memory: more than one memory
      reader.u32();
      if (kind === MEMORY_ACCESS_AND_LANE) reader.byte();
      return sub;
    case MEMORY_INDEX:
      return reader.u32() === 0 ? sub : -1;
    case MEMORY_PAIR:
      return reader.u32() === 0 && reader.u32() === 0 ? sub : -1;
    case DATA_AND_MEMORY:
      reader.u32();
      return reader.u32() === 0 ? sub : -1;
    case SIGNED_32:
      reader.skipLeb(5);
      return sub;
    case SIGNED_64:
      reader.skipLeb(10);
      return sub;
    case BYTES_4:
      reader.skip(4);
      return sub;
    case BYTES_8:
      reader.skip(8);
      return sub;
    case BYTES_16:
      reader.skip(16);
      return sub;
    case LANE:
      reader.skip(1);
      return sub;
    default:
      return -1;
  }
}

/** What a refused opcode belongs to, for the message. */
export function refusedInstruction(opcode: number, sub: number): string {
  const hex = (value: number) => `0x${value.toString(16)}`;
  if (opcode === 0xfe) return `atomics (${hex(opcode)})`;
  if (opcode === 0xfd) return sub > 255 ? `relaxed SIMD (${hex(opcode)} ${hex(sub)})` : `unknown SIMD (${hex(sub)})`;
  if (opcode === 0xfb) return `garbage collection (${hex(opcode)})`;
  if (opcode === 0xfc) return `table or unknown bulk instruction (${hex(opcode)} ${sub})`;
  if (opcode === 0x12 || opcode === 0x13 || opcode === 0x15) return `tail call (${hex(opcode)})`;
  if ((opcode >= 0x06 && opcode <= 0x0a) || opcode === 0x18 || opcode === 0x19 || opcode === 0x1f)
    return `exceptions (${hex(opcode)})`;
  if (opcode === 0x25 || opcode === 0x26 || (opcode >= 0xd0 && opcode <= 0xd6) || opcode === 0x14 || opcode === 0x1c)
    return `references (${hex(opcode)})`;
  if (opcode === 0x11) return 'a second table';
  if (plain[opcode] === MEMORY_ACCESS || plain[opcode] === MEMORY_INDEX) return `a second memory (${hex(opcode)})`;
  return `unknown opcode ${hex(opcode)}`;
}
