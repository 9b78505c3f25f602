import { Type } from 'typebox';
import { Name } from '../ids.ts';
import { Value } from '../model.ts';
import { closed } from './wire.ts';

/** At most so long something may have to last before another thing may be. */
const LONGEST_MS = 600_000;

const condition = {
  parameter: Name,
  is: Type.Optional(
    Type.Union([Value, Type.Array(Value, { minItems: 1, maxItems: 256 })], {
      description: 'Lists and toggles: one of these values',
    }),
  ),
  atMost: Type.Optional(Type.Number({ description: 'Numbers' })),
  atLeast: Type.Optional(Type.Number({ description: 'Numbers' })),
};

/** What a parameter is, by one of `is`, `atMost` and `atLeast`. */
export const Condition = Type.Object(condition, closed);
export type Condition = Type.Static<typeof Condition>;

/** Before one parameter may be so, another must be so, for so long. */
export const Interlock = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 64, description: 'What errors call it: mains before phantom' }),
    before: Condition,
    must: Type.Object(
      {
        ...condition,
        forMs: Type.Optional(Type.Integer({ minimum: 1, maximum: LONGEST_MS, description: 'Since when at least' })),
      },
      closed,
    ),
    atTurn: Type.Optional(
      Type.Boolean({ description: 'Only at the moment when it becomes so; left out: as long as it is so' }),
    ),
  },
  closed,
);
export type Interlock = Type.Static<typeof Interlock>;

/** How long a toggle stays on and off at least: a relay, the mains of a tube. */
export const Stay = Type.Object(
  {
    onMs: Type.Optional(Type.Integer({ minimum: 1, maximum: LONGEST_MS })),
    offMs: Type.Optional(Type.Integer({ minimum: 1, maximum: LONGEST_MS })),
  },
  { ...closed, minProperties: 1 },
);
export type Stay = Type.Static<typeof Stay>;
