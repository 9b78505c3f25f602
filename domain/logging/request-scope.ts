import { AsyncLocalStorage } from 'node:async_hooks';

/** The request that what runs now is part of, for lines of the log far from its route. [control] */
export const requestScope = new AsyncLocalStorage<{ requestId: string }>();
