import type { TSchema } from 'typebox';
import { DomainConfig } from './config-schema.ts';

/** A schema as the messages and the environment need it. */
export interface SettingSchema {
  type?: string;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  default?: unknown;
  description?: string;
  wanted?: string;
  secret?: boolean;
  isPath?: boolean;
  isPlain?: boolean;
  properties?: Record<string, SettingSchema>;
  /** Of a list. */
  items?: SettingSchema;
}

/** One value of the configuration. */
export interface Setting {
  /** As in the file, `log.level`. */
  key: string;
  /** In the environment: AUDIOCLOUD_ and the key in capitals, `_` where a word or a level begins. */
  variable: string;
  schema: SettingSchema & TSchema;
}

const variableOf = (key: string): string =>
  `AUDIOCLOUD_${key
    .replaceAll('.', '_')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toUpperCase()}`;

function settingsOf({ properties = {} }: SettingSchema, prefix: string): Setting[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const key = prefix + name;
    return schema.properties
      ? settingsOf(schema, `${key}.`)
      : [{ key, variable: variableOf(key), schema: schema as Setting['schema'] }];
  });
}

/** Every value that a configuration may have, in the order of the schema. */
export const SETTINGS: readonly Setting[] = settingsOf(DomainConfig as SettingSchema, '');

/** What a message says is allowed. */
export function wantedOf({ wanted, enum: names, type, minimum, maximum, properties }: SettingSchema): string {
  if (wanted) return wanted;
  if (properties) return `the keys ${Object.keys(properties).join(', ')}`;
  if (names) return `one of ${names.join(', ')}`;
  if (type === 'integer') return `a whole number from ${minimum} to ${maximum}`;
  if (type === 'number') return `a number from ${minimum} to ${maximum}`;
  if (type === 'boolean') return 'true or false';
  return 'text';
}
