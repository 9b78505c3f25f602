import { Type } from 'typebox';
import { ErrorBody } from './error-body.ts';
import { ApplicationId, ErasureId } from './ids.ts';
import { Next, pageItems } from './page.ts';

const closed = { additionalProperties: false } as const;
const Time = Type.String({ format: 'date-time', maxLength: 32, description: 'ISO 8601, UTC' });
const count = (description: string) => Type.Integer({ minimum: 0, description });

/** Kinds of what an application leaves behind. */
export const ERASED_KINDS = ['media', 'import', 'upload', 'export'] as const;
export type ErasedKind = (typeof ERASED_KINDS)[number];
export const ErasedKind = Type.Unsafe<ErasedKind>(Type.String({ enum: [...ERASED_KINDS] }));

/** One thing that went with an application. */
export const ErasedItem = Type.Object(
  {
    kind: ErasedKind,
    id: Type.String({ minLength: 1, maxLength: 128 }),
    bytes: Type.Optional(count('Of its content')),
    sha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$', maxLength: 64, description: 'Of its content' })),
    isShared: Type.Optional(
      Type.Boolean({ description: 'true: another application has the same content, which stays with that one' }),
    ),
    at: Time,
  },
  { ...closed, title: 'ErasedItem' },
);
export type ErasedItem = Type.Static<typeof ErasedItem>;

/** The receipt of the deletion of an application with all that it had. */
export const Erasure = Type.Object(
  {
    id: ErasureId,
    application: ApplicationId,
    state: Type.Unsafe<'running' | 'done'>(
      Type.String({ enum: ['running', 'done'], description: 'done: nothing of it is left on the disk' }),
    ),
    items: count('That went so far'),
    bytes: count('Of their contents'),
    retries: count('Tries that failed since the domain started'),
    error: Type.Optional(ErrorBody),
    by: Type.Optional(Type.String({ maxLength: 128, description: 'Id of the request; the audit log says whose' })),
    startedAt: Time,
    endedAt: Type.Optional(Time),
  },
  { ...closed, title: 'Erasure' },
);
export type Erasure = Type.Static<typeof Erasure>;

export const ErasureList = Type.Object(
  { erasures: pageItems(Erasure), next: Next },
  { ...closed, title: 'ErasureList' },
);
export type ErasureList = Type.Static<typeof ErasureList>;

export const ErasedItemList = Type.Object(
  { items: pageItems(ErasedItem), next: Next },
  { ...closed, title: 'ErasedItemList' },
);
export type ErasedItemList = Type.Static<typeof ErasedItemList>;
