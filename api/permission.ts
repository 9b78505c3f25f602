import { Type } from 'typebox';

/** What somebody may do with tasks; `read` is to see them, `administration` is about the domain itself. */
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

export const Permission = Type.Unsafe<Permission>(Type.String({ enum: [...PERMISSIONS] }));
