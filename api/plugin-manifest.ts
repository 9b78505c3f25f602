import { Type } from 'typebox';
import { Name } from './ids.ts';
import { Model } from './model.ts';

const closed = { additionalProperties: false } as const;
const path = Type.String({ minLength: 1, maxLength: 512, description: 'A path inside the package' });
const signature = Type.Optional(
  Type.Object(
    {
      key: Type.String({ pattern: '^[A-Za-z0-9+/]{43}=$', description: 'Public ed25519 key, 32 bytes in base64' }),
      value: Type.String({ pattern: '^[A-Za-z0-9+/]{86}==$', description: '64 bytes in base64' }),
    },
    { ...closed, description: 'Of all files of the package, as `plugin pack --key` writes it' },
  ),
);

/** What the bytes of an adapter are, which decides the mappings that a driver for it may use: docs/adapters.md. */
export const CARRIES = ['midi', 'stream', 'packets', 'osc', 'requests'] as const;
export type Carries = (typeof CARRIES)[number];

/** One setting of an adapter, in the words of JSON Schema. */
const SettingSchema = Type.Object(
  {
    type: Type.Unsafe<'number' | 'integer' | 'string' | 'boolean'>(
      Type.String({ enum: ['number', 'integer', 'string', 'boolean'] }),
    ),
    description: Type.Optional(Type.String({ maxLength: 512 })),
    default: Type.Optional(
      Type.Union([Type.Number(), Type.String({ maxLength: 256 }), Type.Boolean()], {
        description: 'What the adapter takes when it is left out',
      }),
    ),
    enum: Type.Optional(Type.Array(Type.Union([Type.Number(), Type.String()]), { minItems: 1, maxItems: 256 })),
    minimum: Type.Optional(Type.Number()),
    maximum: Type.Optional(Type.Number()),
    multipleOf: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
    minLength: Type.Optional(Type.Integer({ minimum: 0 })),
    maxLength: Type.Optional(Type.Integer({ minimum: 0 })),
    pattern: Type.Optional(Type.String({ maxLength: 256 })),
    writeOnly: Type.Optional(Type.Boolean({ description: 'A secret: no log and no message may show it' })),
  },
  closed,
);

/** What `open` of an adapter takes: a JSON Schema of one flat object that takes nothing else. */
export const AdapterSettings = Type.Object(
  {
    type: Type.Literal('object'),
    properties: Type.Record(Name, SettingSchema),
    required: Type.Optional(Type.Array(Name, { maxItems: 256 })),
    additionalProperties: Type.Literal(false),
  },
  { ...closed, title: 'AdapterSettings' },
);
export type AdapterSettings = Type.Static<typeof AdapterSettings>;

const models = Type.Array(Type.Union([Model, path]), { minItems: 1, maxItems: 256 });

/** `audiocloud.json` of a package: one manifest for all kinds. */
export const PluginManifest = Type.Union(
  [
    Type.Object(
      {
        kind: Type.Literal('wasm'),
        abi: Type.String({ pattern: '^[0-9]+\\.[0-9]+$' }),
        module: path,
        integrity: Type.Optional(Type.String({ pattern: '^sha256-[A-Za-z0-9+/]{43}=$' })),
        models,
        signature,
      },
      { ...closed, description: 'Dynamic models in one WebAssembly module' },
    ),
    Type.Object(
      { kind: Type.Literal('device'), models, drivers: Type.Array(path, { minItems: 1, maxItems: 256 }), signature },
      { ...closed, description: 'Fixed models with their drivers' },
    ),
    Type.Object(
      {
        kind: Type.Literal('adapter'),
        adapter: Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' }),
        entry: path,
        carries: Type.Unsafe<Carries>(Type.String({ enum: [...CARRIES], description: 'What its bytes are' })),
        settings: Type.Optional(AdapterSettings),
        signature,
      },
      { ...closed, description: 'A bus; the entry is run in a process of its own' },
    ),
  ],
  { title: 'PluginManifest' },
);
export type PluginManifest = Type.Static<typeof PluginManifest>;

/** What `plugin install` put into a folder of plugins, as its `installed.json` says it. */
export const InstalledPackages = Type.Object(
  {
    packages: Type.Array(
      Type.Object(
        {
          name: Type.String({ minLength: 1, maxLength: 214 }),
          version: Type.String({ minLength: 1, maxLength: 128 }),
          kind: Type.Unsafe<PluginManifest['kind']>(Type.String({ enum: ['wasm', 'device', 'adapter'] })),
          folder: Type.String({
            pattern: '^(?!/)(?!.*(^|/)\\.\\.(/|$)).{1,512}$',
            description: 'Inside the folder of the list',
          }),
          key: Type.Optional(Type.String({ description: 'Public key of whoever signed it' })),
        },
        closed,
      ),
      { maxItems: 4096 },
    ),
  },
  { ...closed, title: 'InstalledPackages' },
);
export type InstalledPackages = Type.Static<typeof InstalledPackages>;
export type InstalledPackage = InstalledPackages['packages'][number];
