import type { Adapter } from '@audiocloud/api';
import { adapter as good } from './echo-adapter.ts';

export const adapter: Adapter = { ...good, open: () => process.exit(3) };
