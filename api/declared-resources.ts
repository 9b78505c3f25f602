import { Type } from 'typebox';

/** What there is of something that can be used up, by name. */
export const DeclaredResources = Type.Record(
  Type.String({ pattern: '^[a-z][A-Za-z0-9-]{0,31}$' }),
  Type.Number({ minimum: 0, maximum: 1e9 }),
  {
    additionalProperties: false,
    maxProperties: 32,
    description:
      'Amounts by name: memoryMiB, gpu, any other. An engine that does not name memoryMiB is not limited in it; of what else it does not name it has none. cpu is measured and not named here',
  },
);
export type DeclaredResources = Type.Static<typeof DeclaredResources>;
