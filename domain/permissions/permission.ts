/** What somebody may do with a task; `read` is to see it, `administration` is about the domain itself. */
export const PERMISSIONS = [
  'read',
  'structure',
  'media',
  'parameters',
  'transport',
  'audio',
  'administration',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** What a route asks for; `public` is without any: health and the documents. */
export type RoutePermission = Permission | 'public';
