import { Type } from 'typebox';
import { ApplicationId, TaskId } from './ids.ts';
import { Next, pageItems } from './page.ts';
import { Permission, PERMISSIONS } from './permission.ts';

const closed = { additionalProperties: false } as const;
const text = (maxLength: number) => Type.String({ minLength: 1, maxLength });
const Timestamp = (description: string) =>
  Type.String({ format: 'date-time', maxLength: 32, description: `${description}; ISO 8601, UTC` });
const Permissions = (description: string) =>
  Type.Array(Permission, { minItems: 1, maxItems: PERMISSIONS.length, description });
const OnlyTasks = Type.Optional(
  Type.Array(TaskId, {
    minItems: 1,
    maxItems: 256,
    description:
      'Only these tasks, and nothing that is not of one task but to read it; default: all of the application',
  }),
);

const limit = (maximum: number, description: string) =>
  Type.Optional(Type.Integer({ minimum: 0, maximum, description }));

const aboutApplication = {
  name: text(128),
  permissions: Type.Optional(
    Permissions('The most that keys and tokens of it can have; default: all but administration'),
  ),
  limits: Type.Optional(
    Type.Object(
      {
        requestsPerMinute: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
        mediaBytes: limit(2 ** 50, 'Imported media, all together'),
        mediaFiles: limit(1_000_000, 'Imported media, with those that are being imported'),
        mediaUnusedDays: limit(36_500, 'Media that no task names and nobody used for so long are deleted'),
        mediaKeptBytes: limit(
          2 ** 50,
          'Beyond this the media that no task names are deleted, from the least recently used',
        ),
      },
      { ...closed, description: 'What is left out is as the configuration says for everybody' },
    ),
  ),
};

/** POST /v1/applications. */
export const ApplicationCreate = Type.Object(
  { id: Type.Optional(ApplicationId), ...aboutApplication },
  { ...closed, title: 'ApplicationCreate', description: 'Without an id the domain chooses one' },
);
export type ApplicationCreate = Type.Static<typeof ApplicationCreate>;

/** PUT /v1/applications/:application. */
export const ApplicationChange = Type.Object(aboutApplication, { ...closed, title: 'ApplicationChange' });
export type ApplicationChange = Type.Static<typeof ApplicationChange>;

/** A tenant: its tasks, presets, webhooks and keys are nobody else's. */
export const Application = Type.Object(
  { id: ApplicationId, ...aboutApplication, created: Timestamp('When it was made') },
  { ...closed, title: 'Application' },
);
export type Application = Type.Static<typeof Application>;

export const ApplicationList = Type.Object(
  { applications: pageItems(Application), next: Next },
  { ...closed, title: 'ApplicationList' },
);
export type ApplicationList = Type.Static<typeof ApplicationList>;

export const KeyId = Type.String({
  pattern: '^key-[0-9a-f]{12}$',
  maxLength: 16,
  description: 'Id of an API key; not secret',
});

const lifetime = (maximum: number, description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum, description }));
const TEN_YEARS_SECONDS = 10 * 366 * 24 * 60 * 60;

/** POST /v1/keys. */
export const KeyCreate = Type.Object(
  {
    application: Type.Optional(ApplicationId),
    name: Type.Optional(text(128)),
    permissions: Permissions('None that its maker has not'),
    tasks: OnlyTasks,
    lifetimeSeconds: lifetime(TEN_YEARS_SECONDS, 'Default: until it is revoked'),
  },
  { ...closed, title: 'KeyCreate', description: 'For the application of its maker, if no other is named' },
);
export type KeyCreate = Type.Static<typeof KeyCreate>;

const aboutKey = {
  id: KeyId,
  application: ApplicationId,
  name: Type.Optional(text(128)),
  permissions: Permissions('What it can do, as far as its application can'),
  tasks: OnlyTasks,
  created: Timestamp('When it was made'),
  by: Type.String({ maxLength: 64, description: 'Who made it' }),
  rotated: Type.Optional(Timestamp('When it got the secret that it has')),
  expires: Type.Optional(Timestamp('From when on it is refused')),
};

/** An API key, for programs; its secret is known to whoever was told it, and to nobody else. */
export const Key = Type.Object(aboutKey, { ...closed, title: 'Key' });
export type Key = Type.Static<typeof Key>;

export const KeyCreated = Type.Object(
  {
    ...aboutKey,
    secret: Type.String({ maxLength: 256, description: 'What is sent as `Authorization: Bearer`; told only here' }),
  },
  { ...closed, title: 'KeyCreated' },
);
export type KeyCreated = Type.Static<typeof KeyCreated>;

export const KeyList = Type.Object({ keys: pageItems(Key), next: Next }, { ...closed, title: 'KeyList' });
export type KeyList = Type.Static<typeof KeyList>;

/** POST /v1/keys/:key/rotate. */
export const KeyRotate = Type.Object(
  {
    overlapSeconds: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 604_800, description: 'So long the secret before is taken too; default 0' }),
    ),
  },
  { ...closed, title: 'KeyRotate' },
);
export type KeyRotate = Type.Static<typeof KeyRotate>;

/** A token is taken no longer than this. */
export const MOST_TOKEN_SECONDS = 12 * 60 * 60;

/** POST /v1/tokens. */
export const TokenCreate = Type.Object(
  {
    application: Type.Optional(ApplicationId),
    permissions: Type.Optional(Permissions('None that its maker has not; default: all of them')),
    tasks: OnlyTasks,
    lifetimeSeconds: lifetime(MOST_TOKEN_SECONDS, 'At most as long as what it is made with; default 3600'),
  },
  { ...closed, title: 'TokenCreate', description: 'Another application wants the permission `administration`' },
);
export type TokenCreate = Type.Static<typeof TokenCreate>;

export const TokenId = Type.String({
  pattern: '^token-[0-9a-f]{24}$',
  maxLength: 30,
  description: 'Id of a token; not secret',
});

export const TokenCreated = Type.Object(
  {
    id: TokenId,
    token: Type.String({ maxLength: 4096, description: 'What is sent as `Authorization: Bearer`; told only here' }),
    expires: Timestamp('From when on it is refused'),
  },
  { ...closed, title: 'TokenCreated' },
);
export type TokenCreated = Type.Static<typeof TokenCreated>;

/** POST /v1/signing-key/rotate. */
export const SigningKeyRotate = Type.Object(
  {
    overlapSeconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: MOST_TOKEN_SECONDS,
        description: 'So long tokens signed before are taken; default: until the last of them ends. 0 ends all of them',
      }),
    ),
  },
  { ...closed, title: 'SigningKeyRotate' },
);
export type SigningKeyRotate = Type.Static<typeof SigningKeyRotate>;

/** GET /v1/session: who asks. */
export const Identity = Type.Object(
  {
    id: Type.String({
      maxLength: 64,
      description: 'Id of the API key, `administrator`, or `anybody` where no login is wanted',
    }),
    application: ApplicationId,
    permissions: Type.Array(Permission, { maxItems: PERMISSIONS.length }),
    tasks: OnlyTasks,
    expires: Type.Optional(Timestamp('From when on it is refused')),
  },
  { ...closed, title: 'Identity' },
);
export type Identity = Type.Static<typeof Identity>;
