import { Type } from 'typebox';
import { ErrorBody } from './error-body.ts';
import { MESSAGE_MAXIMUM } from './errors.ts';

const moment = (description: string) =>
  Type.String({ format: 'date-time', maxLength: 32, description: `${description}; ISO 8601, UTC` });

/** Reasons that are told of one thing. */
export const MOST_WAITING = 1024;

/** One reason why what is wanted is not so yet. */
export const Waiting = Type.Object(
  {
    what: Type.Unsafe<
      'engine' | 'instance' | 'power' | 'parameters' | 'media' | 'reservation' | 'model' | 'store' | 'tape'
    >(
      Type.String({
        enum: ['engine', 'instance', 'power', 'parameters', 'media', 'reservation', 'model', 'store', 'tape'],
        description:
          'instance: a unit that is away, or that others have. power: of a unit, not confirmed yet. parameters: settings on their way to a unit. tape: of a unit, not where it is to be',
      }),
    ),
    id: Type.String({
      maxLength: 256,
      description: 'Of the engine, unit, media or model; of a model when any unit of it will do',
    }),
    why: Type.String({ maxLength: MESSAGE_MAXIMUM, description: 'A sentence' }),
    error: Type.Optional(ErrorBody),
    until: Type.Optional(moment('When it ends, where that is known')),
    retries: Type.Integer({ minimum: 0, description: 'Tries that failed, one after another' }),
    nextTryAt: Type.Optional(moment('The next try; absent: when something changes')),
  },
  { additionalProperties: false, title: 'Waiting', description: 'A reason why what is wanted is not so yet' },
);
export type Waiting = Type.Static<typeof Waiting>;
