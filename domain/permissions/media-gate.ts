import type { GraphEdit, Task } from '@audiocloud/api';
import { requirePermission } from './gate.ts';
import type { Grant } from './principal.ts';

/** Whether edits change which files a task uses. [any] */
export const touchesMedia = (edits: readonly GraphEdit[]): boolean =>
  edits.some((edit) => edit.op !== 'loop' && 'part' in edit && edit.part === 'media');

/** Files are used by whoever has the permission `media` only. Throws PERMISSION_DENIED. [control] */
export function requireMedia(grant: Grant, used: Task | readonly GraphEdit[], task?: string): void {
  const isUsed = 'sampleRate' in used ? Object.keys(used.media ?? {}).length > 0 : touchesMedia(used);
  if (isUsed) requirePermission(grant, 'media', task);
}
