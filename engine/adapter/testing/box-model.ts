import type { Model } from '@audiocloud/api';

/** The model of a box without sound, for drivers of tests. */
export const boxModel = (parts: Pick<Model, 'parameters'> & Partial<Model>): Model => ({
  id: 'acme:box',
  version: '1.0.0',
  name: 'Box',
  category: 'tool',
  inputs: [],
  outputs: [],
  reports: [],
  ...parts,
});
