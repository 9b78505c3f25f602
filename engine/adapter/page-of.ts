import type { Mapping } from '@audiocloud/api';

/** The page in which a value stands; undefined: in none. [any] */
export function pageOf(mapping: Mapping): string | undefined {
  if ('page' in mapping) return mapping.page.in;
  if ('frame' in mapping) return mapping.frame.in;
  return 'sysex' in mapping ? mapping.sysex.in : undefined;
}
