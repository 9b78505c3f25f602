import type { AdapterPackage } from '../../adapter-packages.ts';

export const ECHO = new URL('./echo-adapter.ts', import.meta.url);
/** The package of an adapter that does all right. */
export const good: AdapterPackage = {
  adapter: 'echo',
  folder: import.meta.dirname,
  entry: ECHO,
  simulator: ECHO,
  carries: 'packets',
  settings: {
    type: 'object',
    properties: {
      speed: { type: 'integer', minimum: 1 },
      key: { type: 'string', pattern: '^[a-z]*$', writeOnly: true },
    },
    required: ['speed'],
    additionalProperties: false,
  },
};
