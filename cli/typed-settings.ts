import type { AdapterSettings, Setting } from '@audiocloud/api';
import type { Pair } from './flags.ts';

/** Settings as they were typed, of the types that their adapter takes; what it does not know stays text, to be refused by name. */
export function typedSettings(
  typed: readonly Pair[],
  { properties }: Pick<AdapterSettings, 'properties'>,
): Record<string, Setting> {
  return Object.fromEntries(typed.map(([name, value]) => [name, typedSetting(value, properties[name]?.type)]));
}

function typedSetting(value: string, type: string | undefined): Setting {
  if (type === 'boolean') return value === 'true' || (value === 'false' ? false : value);
  return type === 'number' || type === 'integer' ? Number(value) : value;
}
