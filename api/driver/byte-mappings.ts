import { Type } from 'typebox';
import { Name } from '../ids.ts';
import { closed, oneOf, wayToWire } from './wire.ts';

/** Whole numbers of 8 to 64 bits. */
export const BYTE_TYPES = ['u8', 'i8', 'u16', 'i16', 'u24', 'i24', 'u32', 'i32', 'u64', 'i64'] as const;

const Bit = Type.Integer({ minimum: 0, maximum: 7, description: '0 is the lowest' });
const Ranges = Type.Array(
  Type.Object({ byte: Type.Integer({ minimum: 0, maximum: 65535 }), from: Bit, to: Bit }, closed),
  { minItems: 1, maxItems: 64, description: 'Bits of a byte, from one to the other, in this order' },
);

/** Where a value stands in a page: a number (`at`, `type`), one bit (`at`, `bit`), `bits`, or `oneHot`. */
export const ByteField = Type.Object(
  {
    in: Type.Unsafe<string>({ ...Name, description: 'One of the pages of the driver' }),
    at: Type.Optional(Type.Integer({ minimum: 0, maximum: 65535, description: 'Its first byte, counted from 0' })),
    type: Type.Optional(oneOf(...BYTE_TYPES)),
    order: Type.Optional(oneOf('big', 'little')),
    bit: Type.Optional(Bit),
    bits: Type.Optional(Type.Unsafe<ByteRange[]>({ ...Ranges, description: 'A number, from its highest bit down' })),
    oneHot: Type.Optional(
      Type.Unsafe<ByteRange[]>({ ...Ranges, description: 'One bit is 1: the number says which, from 0; -1 is none' }),
    ),
    inverted: Type.Optional(
      Type.Array(Type.Integer({ minimum: 0, maximum: 255 }), {
        maxItems: 256,
        uniqueItems: true,
        description: 'Places in oneHot whose bit is 0 when chosen',
      }),
    ),
  },
  closed,
);
export type ByteField = Type.Static<typeof ByteField>;
export interface ByteRange {
  byte: number;
  from: number;
  to: number;
}

/** A value in a packet. */
export const PageMapping = Type.Object({ page: ByteField, ...wayToWire }, closed);
export type PageMapping = Type.Static<typeof PageMapping>;

/** A value in a frame of a byte stream. */
export const FrameMapping = Type.Object({ frame: ByteField, ...wayToWire }, closed);
export type FrameMapping = Type.Static<typeof FrameMapping>;

/** A value in a SysEx message. */
export const SysexMapping = Type.Object({ sysex: ByteField, ...wayToWire }, closed);
export type SysexMapping = Type.Static<typeof SysexMapping>;
