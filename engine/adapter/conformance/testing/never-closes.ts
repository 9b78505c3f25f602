import type { Adapter } from '@audiocloud/api';
import { adapter as good } from './echo-adapter.ts';

export const adapter: Adapter = {
  ...good,
  open: async (...given) => ({ ...(await good.open(...given)), close: () => new Promise(() => {}) }),
};
