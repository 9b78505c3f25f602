import { Type } from 'typebox';
import { closed, wayToWire } from './wire.ts';

/**
 * A line of text with one place `{value}`. Parameters: what is sent, line end included; reports: a whole line, without
 * it, in which `{skip}` is any text.
 */
export const LineMapping = Type.Object(
  {
    line: Type.String({
      minLength: 7,
      maxLength: 256,
      pattern: '^[\\t\\n\\r -~]*$',
      description: 'ASCII with one {value}',
    }),
    decimals: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 6, description: 'Digits after the point when sent; default 0' }),
    ),
    digits: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 16, description: 'Digits before the point when sent, filled up with 0' }),
    ),
    ...wayToWire,
  },
  closed,
);
export type LineMapping = Type.Static<typeof LineMapping>;
