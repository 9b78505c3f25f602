import { Type } from 'typebox';
import { closed, oneOf, wayToWire } from './wire.ts';

/** Types of OSC 1.0 arguments: f float 32, d float 64, i whole 32, h whole 64, s text, T true or false without a byte. */
export const OSC_TYPES = ['f', 'd', 'i', 'h', 's', 'T'] as const;
export const OscAddress = Type.String({ minLength: 1, maxLength: 256, description: 'Begins with /; no pattern' });

/** One argument of an OSC message. */
export const OscMapping = Type.Object(
  {
    osc: Type.Object(
      {
        address: OscAddress,
        type: oneOf(...OSC_TYPES),
        before: Type.Optional(
          Type.Array(
            Type.Object(
              { type: oneOf('f', 'd', 'i', 'h', 's'), value: Type.Union([Type.Number(), Type.String()]) },
              closed,
            ),
            { minItems: 1, maxItems: 16, description: 'Arguments that stand before the value, always the same' },
          ),
        ),
      },
      closed,
    ),
    ...wayToWire,
  },
  closed,
);
export type OscMapping = Type.Static<typeof OscMapping>;
