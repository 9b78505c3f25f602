import { Type } from 'typebox';

/** Of a request for a file; see sendFile. */
export const RangeHeaders = Type.Object({
  range: Type.Optional(
    Type.String({ maxLength: 256, description: 'bytes=FROM-TO, one range; several are answered with the whole' }),
  ),
  'if-range': Type.Optional(
    Type.String({ maxLength: 256, description: 'The ETag of the part that is there already: else all of it is sent' }),
  ),
  'if-none-match': Type.Optional(Type.String({ maxLength: 1024, description: 'ETags that are there already' })),
});

const binary = (description: string) => Type.String({ format: 'binary', maxLength: 2 ** 50, description });

/** The answers of sendFile. */
export const FILE_ANSWERS = {
  200: binary('All of it'),
  206: binary('The bytes that were asked for'),
  304: Type.Null({ description: 'It is what If-None-Match names' }),
};
