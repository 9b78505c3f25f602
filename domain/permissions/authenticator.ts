import type { FastifyRequest } from 'fastify';
import { PERMISSIONS } from './permission.ts';
import { MAIN_APPLICATION, type Principal } from './principal.ts';

/** Finds out who asks, before the body is read or a socket is opened. Throws what the client is told. */
export interface Authenticator {
  principalOf(request: FastifyRequest): Promise<Principal>;
}

const ANYBODY: Principal = { id: 'anybody', application: MAIN_APPLICATION, permissions: new Set(PERMISSIONS) };

/** Whoever reaches the domain may do everything: for one that only this machine's user can reach. */
export const trustAnybody: Authenticator = { principalOf: async () => ANYBODY };
