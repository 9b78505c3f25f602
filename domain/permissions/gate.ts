import { AudioCloudError } from '@audiocloud/api';
import type { Permission, RoutePermission } from './permission.ts';
import type { Grant } from './principal.ts';

/** The one gate of REST, sockets and streams. Throws PERMISSION_DENIED. [control] */
export function requirePermission(grant: Grant, permission: RoutePermission, task?: string): void {
  if (permission === 'public' || permission === 'known' || mayDo(grant, permission, task)) return;
  throw new AudioCloudError(
    'PERMISSION_DENIED',
    `Cannot do that${task === undefined ? '' : ` with task ${task}`}: the permission '${permission}' is missing`,
    { permission, ...(task === undefined ? {} : { task }) },
  );
}

/** Whether somebody knows of a task, as far as that is for it to say. [any] */
export const seesTask = ({ tasks }: Grant, task: string): boolean => tasks === undefined || tasks.has(task);

function mayDo(grant: Grant, permission: Permission, task?: string): boolean {
  if (!grant.permissions.has(permission)) return false;
  if (task !== undefined) return seesTask(grant, task);
  // What is not of one task touches all of them: who has some only may look.
  return grant.tasks === undefined || permission === 'read';
}
