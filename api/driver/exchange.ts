import { Type } from 'typebox';
import { Name } from '../ids.ts';
import { OscAddress } from './osc-mapping.ts';
import { HttpRequest } from './request-mapping.ts';
import { Byte, closed } from './wire.ts';

const Line = Type.String({ minLength: 1, maxLength: 256, pattern: '^[\\t\\n\\r -~]*$' });

/** The answer that must come before the next write. One of line, page, osc, request. */
export const AwaitedAnswer = Type.Object(
  {
    line: Type.Optional(Type.Unsafe<string>({ ...Line, description: 'A whole line; {skip} is any text' })),
    page: Type.Optional(Type.Unsafe<string>({ ...Name, description: 'A page that is read' })),
    osc: Type.Optional(OscAddress),
    request: Type.Optional(Type.Literal(true, { description: 'The answer to the request: 200 to 299, others refuse' })),
    refused: Type.Optional(
      Type.Unsafe<string>({ ...Line, description: 'Line, page or address that comes instead when the device refuses' }),
    ),
    withinMs: Type.Integer({ minimum: 1, maximum: 60000, description: 'Then the device counts as lost' }),
  },
  closed,
);
export type AwaitedAnswer = Type.Static<typeof AwaitedAnswer>;

const question = {
  line: Type.Optional(Line),
  bytes: Type.Optional(Type.Array(Byte, { minItems: 1, maxItems: 4096 })),
  page: Type.Optional(Name),
  osc: Type.Optional(OscAddress),
  request: Type.Optional(HttpRequest),
};

/** What is asked of a device. One of line, bytes, page, osc, request; its answer is read as reports. */
export const Question = Type.Object(question, closed);
export type Question = Type.Static<typeof Question>;

/** What is asked again and again. */
export const Poll = Type.Object(
  {
    everyMs: Type.Integer({ minimum: 20, maximum: 3_600_000 }),
    ...question,
    await: Type.Optional(AwaitedAnswer),
  },
  closed,
);
export type Poll = Type.Static<typeof Poll>;
