import type { AdapterSettings, Setting } from '@audiocloud/api';

/** Settings with which an adapter may be opened: the least of each that it wants. [any] */
export function leastSettings({ properties, required = [] }: AdapterSettings): Record<string, Setting> {
  return Object.fromEntries(
    required.flatMap((name): [string, Setting][] => {
      const { type, enum: values, minimum, minLength = 1 } = properties[name] ?? {};
      if (values) return [[name, values[0]!]];
      if (type === 'boolean') return [[name, false]];
      if (type === 'string') return [[name, 'x'.repeat(minLength)]];
      return type ? [[name, minimum ?? 0]] : [];
    }),
  );
}
