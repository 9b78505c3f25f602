import { type TSchema, Type } from 'typebox';

const ALL: Record<string, TSchema> = {
  'upload-length': Type.String({ maxLength: 16, description: 'Bytes of the whole' }),
  'upload-defer-length': Type.String({ maxLength: 8, description: '1: it is said later' }),
  'upload-metadata': Type.String({
    maxLength: 8192,
    description: 'Keys with values in base64, with commas between them',
  }),
  'upload-offset': Type.String({ maxLength: 16, description: 'Where the bytes of this request begin' }),
};

/** The headers of a request of tus; the library says what is wrong with them. [any] */
export const TusHeaders = (names: readonly string[]) =>
  Type.Object({
    'tus-resumable': Type.Optional(Type.String({ maxLength: 16, description: '1.0.0' })),
    ...Object.fromEntries(names.map((name) => [name, Type.Optional(ALL[name]!)])),
  });
