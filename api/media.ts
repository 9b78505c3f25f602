import { Type } from 'typebox';
import { ErrorBody } from './error-body.ts';
import { MediaId, MediaJobId, TaskId, UploadId } from './ids.ts';
import { MediaFacts } from './media-facts.ts';
import { Next, pageItems } from './page.ts';

const closed = { additionalProperties: false } as const;
const Time = Type.String({ format: 'date-time', maxLength: 32, description: 'ISO 8601, UTC' });
const bytes = (description: string) => Type.Integer({ minimum: 0, description });

/** What a task writes before the id of imported media, in the place of a path. */
export const MEDIA_PREFIX = 'media:';

/** The id in the path of media of a task; undefined for a file of a media folder. [any] */
export const mediaIdOf = (path: string): string | undefined =>
  path.startsWith(MEDIA_PREFIX) ? path.slice(MEDIA_PREFIX.length) : undefined;

export const MediaTag = Type.String({ minLength: 1, maxLength: 64, description: 'A word to find media by' });

const PathFrom = Type.Object(
  {
    path: Type.String({
      minLength: 1,
      maxLength: 1024,
      description: 'A file in one of the media folders of the domain, as a task would name it',
    }),
  },
  closed,
);
const UrlFrom = Type.Object(
  {
    url: Type.String({
      minLength: 1,
      maxLength: 2048,
      description: 'https, of a public address; up to five redirects are followed',
    }),
  },
  closed,
);
const UploadFrom = Type.Object({ upload: UploadId }, closed);

/** Where an import takes its bytes from. */
export const MediaFrom = Type.Union([PathFrom, UrlFrom, UploadFrom], {
  title: 'MediaFrom',
  description: 'A file of a media folder, an address, or an upload that is complete',
});
export type MediaFrom = Type.Static<typeof MediaFrom>;

/** What a client wants to be told again: letters and numbers under names of its own. */
export const MediaContext = Type.Record(
  Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_-]{0,63}$', maxLength: 64 }),
  Type.Union([Type.String({ maxLength: 256 }), Type.Number(), Type.Boolean(), Type.Null()]),
  {
    maxProperties: 16,
    additionalProperties: false,
    title: 'MediaContext',
    description: 'Of the client: the job and every event of it carry it along',
  },
);
export type MediaContext = Type.Static<typeof MediaContext>;

const named = {
  name: Type.Optional(
    Type.String({ minLength: 1, maxLength: 128, description: 'For people; default: the name of the file' }),
  ),
  tags: Type.Optional(Type.Array(MediaTag, { maxItems: 32, uniqueItems: true, description: 'Default: none' })),
  context: Type.Optional(MediaContext),
};

/** Media of one task alone. */
const ForTask = Type.Unsafe<string>({
  ...TaskId,
  description: 'They are deleted when this task is; it may be created later',
});

/** POST /v1/media. */
export const MediaCreate = Type.Object(
  { from: MediaFrom, ...named, forTask: Type.Optional(ForTask) },
  { ...closed, title: 'MediaCreate' },
);
export type MediaCreate = Type.Static<typeof MediaCreate>;

/** An upload by the tus protocol, until an import has taken it. */
export const MediaUpload = Type.Object(
  {
    id: UploadId,
    bytes: bytes('That came'),
    totalBytes: Type.Optional(bytes('Of the whole, where that is known')),
    job: Type.Optional(MediaJobId),
    expiresAt: Type.Optional(Time),
  },
  { ...closed, title: 'MediaUpload' },
);
export type MediaUpload = Type.Static<typeof MediaUpload>;

/** Media that an application has; a task of it names them `media:<id>`. */
export const Media = Type.Object(
  {
    id: MediaId,
    name: Type.String({ maxLength: 128 }),
    tags: Type.Array(MediaTag, { maxItems: 32 }),
    bytes: bytes('Size of the file'),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$', maxLength: 64, description: 'Of its bytes' }),
    importedAt: Time,
    facts: Type.Optional(MediaFacts),
    durationSeconds: Type.Optional(Type.Number({ minimum: 0, description: 'Frames by sample rate' })),
    error: Type.Optional(
      Type.Unsafe<ErrorBody>({
        ...ErrorBody,
        description: 'Why nothing is known of them: only of media that were imported before that was found out',
      }),
    ),
    lastUsedAt: Type.Optional(
      Type.String({
        format: 'date-time',
        maxLength: 32,
        description: 'When a task that names them was loaded or deleted last, to the hour; absent: never',
      }),
    ),
    expiresAt: Type.Optional(
      Type.String({
        format: 'date-time',
        maxLength: 32,
        description: 'They are deleted some time after this, unless they are used before; absent: they stay',
      }),
    ),
    forTask: Type.Optional(ForTask),
  },
  { ...closed, title: 'Media' },
);
export type Media = Type.Static<typeof Media>;

/** PATCH /v1/media/:media, as a merge patch (RFC 7396). */
export const MediaChange = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    tags: Type.Optional(
      Type.Union([Type.Array(MediaTag, { maxItems: 32, uniqueItems: true }), Type.Null()], {
        description: 'All of them; null: none',
      }),
    ),
    forTask: Type.Optional(Type.Union([ForTask, Type.Null()], { description: 'null: they stay when the task goes' })),
  },
  { ...closed, title: 'MediaChange', minProperties: 1 },
);
export type MediaChange = Type.Static<typeof MediaChange>;

export const MediaList = Type.Object({ media: pageItems(Media), next: Next }, { ...closed, title: 'MediaList' });
export type MediaList = Type.Static<typeof MediaList>;

const JOB_STATES = ['queued', 'running', 'inspecting', 'waiting', 'done', 'failed', 'cancelled'] as const;
export const MediaJobState = Type.Unsafe<(typeof JOB_STATES)[number]>(
  Type.String({
    enum: [...JOB_STATES],
    description:
      'queued: others are before it. running: it is copied. inspecting: an engine decodes it. waiting: a try failed or no engine is there, the next one follows. The last three are ends',
  }),
);
export type MediaJobState = Type.Static<typeof MediaJobState>;

/** An import: what is wanted of it, and what is. */
export const MediaJob = Type.Object(
  {
    id: MediaJobId,
    media: MediaId,
    from: MediaFrom,
    name: Type.String({ maxLength: 128 }),
    tags: Type.Array(MediaTag, { maxItems: 32 }),
    context: Type.Optional(MediaContext),
    desired: Type.Unsafe<'done' | 'cancelled'>(Type.String({ enum: ['done', 'cancelled'] })),
    state: MediaJobState,
    bytes: bytes('Copied so far in this try'),
    totalBytes: Type.Optional(bytes('Of the whole, where that is known')),
    retries: Type.Integer({ minimum: 0, description: 'Tries that failed since the domain started' }),
    nextTryAt: Type.Optional(Time),
    error: Type.Optional(ErrorBody),
    createdAt: Time,
    endedAt: Type.Optional(Time),
  },
  { ...closed, title: 'MediaJob' },
);
export type MediaJob = Type.Static<typeof MediaJob>;

export const MediaJobList = Type.Object(
  { jobs: pageItems(MediaJob), next: Next },
  { ...closed, title: 'MediaJobList' },
);
export type MediaJobList = Type.Static<typeof MediaJobList>;
