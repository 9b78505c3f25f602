import type { Adapter } from '@audiocloud/api';

const refuse = () => Promise.reject(new Error('ENOENT'));

export const adapter: Adapter = { list: refuse, open: refuse };
