import { AudioCloudError } from '@audiocloud/api';
import type { Permission } from './permission.ts';
import type { Grant } from './principal.ts';

/** What is wanted of a grant; what is left out is all of it. */
export interface Wanted {
  permissions?: readonly Permission[];
  tasks?: readonly string[];
}

/** A part of a grant. Throws PERMISSION_DENIED for what is not in it: nobody hands on more than it has. [any] */
export function narrowed(grant: Grant, { permissions, tasks }: Wanted): Grant {
  const more = permissions?.find((permission) => !grant.permissions.has(permission));
  if (more !== undefined)
    throw new AudioCloudError('PERMISSION_DENIED', `Cannot hand on the permission '${more}': its maker has it not`, {
      permission: more,
    });
  const other = tasks?.find((task) => grant.tasks && !grant.tasks.has(task));
  if (other !== undefined)
    throw new AudioCloudError('PERMISSION_DENIED', `Cannot hand on task ${other}: its maker has it not`, {
      task: other,
    });
  return common(grant, { ...(permissions ? { permissions } : {}), ...(tasks ? { tasks } : {}) });
}

/** What a grant and something wanted have in common. [any] */
export function common(grant: Grant, { permissions, tasks }: Wanted): Grant {
  const { application } = grant;
  const both = tasks && grant.tasks ? tasks.filter((task) => grant.tasks?.has(task)) : (tasks ?? grant.tasks);
  return {
    application,
    permissions: new Set(permissions ? permissions.filter((one) => grant.permissions.has(one)) : grant.permissions),
    ...(both ? { tasks: new Set(both) } : {}),
  };
}

/** Whether a grant has all of another. [any] */
export function covers(grant: Grant, other: Grant): boolean {
  if (grant.application !== other.application) return false;
  if ([...other.permissions].some((permission) => !grant.permissions.has(permission))) return false;
  const { tasks } = grant;
  return tasks === undefined || (other.tasks !== undefined && [...other.tasks].every((task) => tasks.has(task)));
}
