import { Type } from 'typebox';
import { ERRORS, type ErrorCode } from './errors.ts';
import { pageItems } from './page.ts';

const closed = { additionalProperties: false } as const;

/** Something that somebody did or tried. */
export const AuditEntry = Type.Object(
  {
    number: Type.Integer({ minimum: 1, description: 'Rises by one with every entry' }),
    timestamp: Type.String({ format: 'date-time', maxLength: 32, description: 'ISO 8601, UTC' }),
    who: Type.String({
      maxLength: 64,
      description: 'Id of the key, `administrator`, `anybody`, or `nobody` for who is not known',
    }),
    token: Type.Optional(Type.String({ maxLength: 64, description: 'Id of the token' })),
    application: Type.Optional(Type.String({ maxLength: 32 })),
    from: Type.String({ maxLength: 64, description: 'Address' }),
    what: Type.String({ maxLength: 256, description: 'Method and route, or a live message' }),
    on: Type.Optional(
      Type.Record(Type.String(), Type.String({ maxLength: 256 }), {
        description: 'What the path names, such as the id of a task',
      }),
    ),
    status: Type.Integer({ description: 'HTTP status of the answer; 101 for a socket that was opened' }),
    code: Type.Optional(Type.Unsafe<ErrorCode>(Type.String({ enum: Object.keys(ERRORS) }))),
    request: Type.String({ maxLength: 64, description: 'x-request-id' }),
    times: Type.Optional(
      Type.Integer({ minimum: 2, description: 'So many refused tries of one address with one outcome in a second' }),
    ),
  },
  { ...closed, title: 'AuditEntry' },
);
export type AuditEntry = Type.Static<typeof AuditEntry>;

/** GET /v1/audit. */
export const AuditPage = Type.Object(
  {
    entries: pageItems(AuditEntry),
    next: Type.Integer({ minimum: 0, description: '`after` of the next page' }),
    oldest: Type.Integer({ minimum: 0, description: 'Of the entries that are kept' }),
    newest: Type.Integer({ minimum: 0, description: 'When `next` has reached it, all is read' }),
  },
  { ...closed, title: 'AuditPage' },
);
export type AuditPage = Type.Static<typeof AuditPage>;
