import { AudioCloudError } from '@audiocloud/api';
import type { Permission, RoutePermission } from './permission.ts';
import type { Principal } from './principal.ts';

/** The one gate of REST, sockets and streams. Throws PERMISSION_DENIED. [control] */
export function requirePermission(principal: Principal, permission: RoutePermission, task?: string): void {
  if (permission === 'public' || mayDo(principal, permission, task)) return;
  throw new AudioCloudError(
    'PERMISSION_DENIED',
    `Cannot do that${task === undefined ? '' : ` with task ${task}`}: the permission '${permission}' is missing`,
    { permission, ...(task === undefined ? {} : { task }) },
  );
}

function mayDo({ permissions, tasks }: Principal, permission: Permission, task?: string): boolean {
  if (!permissions.has(permission)) return false;
  return task === undefined || tasks === undefined || tasks.has(task);
}
