import { Type } from 'typebox';
import { Model } from './model.ts';

const closed = { additionalProperties: false } as const;
const path = Type.String({ minLength: 1, maxLength: 512, description: 'A path inside the package' });
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
      },
      { ...closed, description: 'Dynamic models in one WebAssembly module' },
    ),
    Type.Object(
      { kind: Type.Literal('device'), models, drivers: Type.Array(path, { minItems: 1, maxItems: 256 }) },
      { ...closed, description: 'Fixed models with their drivers' },
    ),
    Type.Object(
      { kind: Type.Literal('adapter'), adapter: Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' }), entry: path },
      { ...closed, description: 'A bus; the entry is run in a process of its own' },
    ),
  ],
  { title: 'PluginManifest' },
);
export type PluginManifest = Type.Static<typeof PluginManifest>;
