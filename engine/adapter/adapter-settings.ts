import { check, type Setting } from '@audiocloud/api';
import type { TSchema } from 'typebox';
import type { AdapterTraits } from './adapter-packages.ts';

/**
 * Throws DRIVER_INVALID unless an adapter takes these settings. [control]
 *
 * The message names settings and never their values: they may be secrets. what: how it calls them.
 */
export function checkSettings(
  { settings }: Pick<AdapterTraits, 'settings'>,
  given: Record<string, Setting> | undefined,
  what: string,
): void {
  check(settings as unknown as TSchema, given ?? {}, what, 'DRIVER_INVALID');
}
