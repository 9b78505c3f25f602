import { Type } from 'typebox';
import { Name } from '../ids.ts';
import { Question } from './exchange.ts';
import { closed } from './wire.ts';

/** The least time between the beginnings of two writes. */
export const GapMs = Type.Integer({ minimum: 1, maximum: 10_000 });

/** A way of steps: a number of the model moves by at most `step` every `everyMs`, and its end always arrives. */
export const Ramp = Type.Object(
  {
    step: Type.Number({ exclusiveMinimum: 0, description: 'In the unit of the parameter' }),
    everyMs: Type.Integer({ minimum: 1, maximum: 10_000 }),
  },
  closed,
);
export type Ramp = Type.Static<typeof Ramp>;

/** A value counts once a report of the device says it. */
export const ReadBack = Type.Object(
  {
    report: Type.Unsafe<string>({ ...Name, description: 'Says what the device has, at the same place in the list' }),
    tolerance: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, description: 'In the unit of the parameter; numbers of a continuous range' }),
    ),
    ask: Type.Optional(Question),
    withinMs: Type.Integer({ minimum: 1, maximum: 10_000, description: 'From the write until the report' }),
    resends: Type.Integer({
      minimum: 0,
      maximum: 10,
      description: 'How often the value is sent again before it has failed',
    }),
  },
  closed,
);
export type ReadBack = Type.Static<typeof ReadBack>;

/** How values of one parameter are sent. */
export const Delivery = Type.Object(
  {
    gapMs: Type.Optional(
      Type.Unsafe<number>({ ...GapMs, description: 'Least time between two writes of one value of this parameter' }),
    ),
    ramp: Type.Optional(Ramp),
    readBack: Type.Optional(ReadBack),
  },
  { ...closed, minProperties: 1 },
);
export type Delivery = Type.Static<typeof Delivery>;
