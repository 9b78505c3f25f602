import { randomBytes } from 'node:crypto';

/** Bytes that nobody can foretell. The core takes them from outside, so that a simulation can give the same ones again. [control] */
export type RandomBytes = (count: number) => Buffer;

/** Those of this machine. */
export const systemRandomBytes: RandomBytes = (count) => randomBytes(count);
