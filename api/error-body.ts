import { Type } from 'typebox';
import { type ErrorCode, ERRORS, MESSAGE_MAXIMUM, type Retry } from './errors.ts';

/** An error as it travels: in HTTP answers, live messages and the engine protocol. */
export const ErrorBody = Type.Object(
  {
    code: Type.Unsafe<ErrorCode>(Type.String({ enum: Object.keys(ERRORS) })),
    message: Type.String({ maxLength: MESSAGE_MAXIMUM }),
    advice: Type.String({ maxLength: 256 }),
    retry: Type.Unsafe<Retry>(Type.String({ enum: ['never', 'soon', 'after-change', 'after-reconnect'] })),
    details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    requestId: Type.Optional(
      Type.String({
        maxLength: 64,
        description: 'Of an HTTP answer: names the request in the log, as the header x-request-id',
      }),
    ),
  },
  { title: 'ErrorBody', description: 'An error with its code and what to do' },
);
export type ErrorBody = Type.Static<typeof ErrorBody>;
