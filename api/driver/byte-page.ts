import { Type } from 'typebox';
import { Byte, closed, oneOf } from './wire.ts';

const Position = Type.Integer({ minimum: 0, maximum: 65535 });

/** Checksums over the bytes `from` to `to`, both counted in. */
export const CHECKSUMS = ['roland', 'xor', 'sum', 'sum-16', 'crc-8', 'crc-16', 'crc-16-modbus'] as const;

export const Checksum = Type.Object(
  {
    kind: oneOf(...CHECKSUMS),
    from: Position,
    to: Position,
    at: Type.Integer({ minimum: 0, maximum: 65535, description: 'Where it stands; kinds of 16 bits take two bytes' }),
    order: Type.Optional(oneOf('big', 'little')),
  },
  {
    ...closed,
    description:
      'roland: 7 bits that make the sum 0; sum: lowest 8 bits, sum-16: lowest 16; crc-8: polynomial 07; crc-16: CCITT, 1021 from FFFF; crc-16-modbus: 8005 mirrored from FFFF',
  },
);
export type Checksum = Type.Static<typeof Checksum>;

/** A block of bytes: a packet, a frame of a stream, or a SysEx message. Several values stand in it. */
export const BytePage = Type.Object(
  {
    size: Type.Integer({ minimum: 1, maximum: 65536, description: 'Bytes, with header, tail and checksum' }),
    use: Type.Optional(oneOf('write', 'read', 'both')),
    header: Type.Optional(Type.Array(Byte, { minItems: 1, maxItems: 64, description: 'First bytes, always the same' })),
    tail: Type.Optional(Type.Array(Byte, { minItems: 1, maxItems: 64, description: 'Last bytes, always the same' })),
    fill: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 255, description: 'All bytes of no parameter; default 0' }),
    ),
    checksum: Type.Optional(Checksum),
    base: Type.Optional(
      Type.Object(
        {
          ask: Type.Array(Byte, { minItems: 1, maxItems: 256, description: 'Asks the device for its page' }),
          withinMs: Type.Integer({ minimum: 1, maximum: 10000 }),
        },
        {
          ...closed,
          description: 'Read, modify, write: bits of no parameter stay as the device has them. Needs `use: both`',
        },
      ),
    ),
  },
  { ...closed, description: 'A write sends the whole page, with the values of all its parameters' },
);
export type BytePage = Type.Static<typeof BytePage>;
