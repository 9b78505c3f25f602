import type { FastifyRequest } from 'fastify';
import { PERMISSIONS } from './permission.ts';
import { ANYBODY, MAIN_APPLICATION, type Principal } from './principal.ts';

/** Finds out who asks, before the body is read or a socket is opened. Throws what the client is told. */
export interface Authenticator {
  principalOf(request: FastifyRequest): Promise<Principal>;
  /** Whether somebody is still who it was; sockets of who is not are closed. Absent: everybody always is. */
  isStill?(principal: Principal): boolean;
  /** Calls `changed` when somebody may no longer be who it was. Returns the end of it. */
  follow?(changed: () => void): () => void;
}

const anybody: Principal = { id: ANYBODY, application: MAIN_APPLICATION, permissions: new Set(PERMISSIONS) };

/** Whoever reaches the domain may do everything: for one that only this machine's user can reach. */
export const trustAnybody: Authenticator = { principalOf: async () => anybody };
