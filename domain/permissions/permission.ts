import { type Permission, PERMISSIONS } from '@audiocloud/api';

export { type Permission, PERMISSIONS };

/** What a route asks for; `public` is without any: health and the documents. `known`: whoever it is, as long as that is known. */
export type RoutePermission = Permission | 'public' | 'known';
