import { AudioCloudError } from '@audiocloud/api';
import type { FastifyRequest } from 'fastify';

/** What somebody may do with a task; `read` is to see it, `administration` is about the domain itself. */
export type Permission =
  | 'read'
  | 'structure'
  | 'media'
  | 'parameters'
  | 'transport'
  | 'audio'
  | 'administration'
  /** Without any permission: health and the documents. */
  | 'public';

/** Whether the sender of a request has a permission, on the task if there is one. The one gate for REST and sockets. */
export type Gate = (request: FastifyRequest, permission: Permission, task?: string) => boolean;

/** The gate of a domain on loopback without accounts. */
export const allowAll: Gate = () => true;

/** Throws PERMISSION_DENIED. */
export function requirePermission(gate: Gate, request: FastifyRequest, permission: Permission, task?: string): void {
  if (permission === 'public' || gate(request, permission, task)) return;
  throw new AudioCloudError(
    'PERMISSION_DENIED',
    `Cannot do that${task === undefined ? '' : ` with task ${task}`}: the permission '${permission}' is missing`,
    { permission, ...(task === undefined ? {} : { task }) },
  );
}
