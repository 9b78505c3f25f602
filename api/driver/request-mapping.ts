import { Type } from 'typebox';
import { closed, oneOf, wayToWire } from './wire.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** What is asked of an HTTP device. */
export const HttpRequest = Type.Object(
  {
    method: Type.Optional(oneOf(...METHODS)),
    path: Type.String({ minLength: 1, maxLength: 1024, description: 'Begins with /; may hold {value}' }),
    headers: Type.Optional(Type.Record(Type.String({ maxLength: 64 }), Type.String({ maxLength: 1024 }))),
    body: Type.Optional(Type.Unknown({ description: 'JSON; a text "{value}" in it becomes the value' })),
  },
  closed,
);
export type HttpRequest = Type.Static<typeof HttpRequest>;

/**
 * A request and its answer. Parameters: `{value}` in the path or the body; method PUT when left out. Reports: the place
 * in the body of every good answer from this path (of this method, where one is named).
 */
export const RequestMapping = Type.Object(
  {
    request: Type.Object(
      {
        ...HttpRequest.properties,
        pointer: Type.Optional(
          Type.String({ maxLength: 256, description: 'JSON pointer (RFC 6901) into the body of an answer' }),
        ),
      },
      closed,
    ),
    ...wayToWire,
  },
  closed,
);
export type RequestMapping = Type.Static<typeof RequestMapping>;
