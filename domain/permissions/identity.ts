import type { Identity } from '@audiocloud/api';
import type { Principal } from './principal.ts';

/** Somebody, as it is told who it is. [any] */
export function identityOf({ id, application, permissions, tasks, expiresMs }: Principal): Identity {
  return {
    id,
    application,
    permissions: [...permissions],
    ...(tasks ? { tasks: [...tasks] } : {}),
    ...(expiresMs === undefined ? {} : { expires: new Date(expiresMs).toISOString() }),
  };
}
