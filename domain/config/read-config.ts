import { delimiter, dirname, resolve } from 'node:path';
import { AudioCloudError } from '@audiocloud/api';
import { Compile } from 'typebox/schema';
import { type ConfigFile, readConfigFile } from './config-file.ts';
import { DomainConfig } from './config-schema.ts';
import { nearest } from './nearest.ts';
import { type Setting, type SettingSchema, SETTINGS, wantedOf } from './settings.ts';

/** Something that cannot be accepted. */
export interface ConfigProblem {
  /** Where it stands: `audiocloud.yaml:3:1`, a variable or a flag. */
  where: string;
  key: string;
  message: string;
}

/** One value as it counts. */
export interface EffectiveSetting {
  key: string;
  /** Undefined when nothing gives one: the engine has its own. */
  value: unknown;
  /** `default`, or where it was given. */
  source: string;
  isSecret: boolean;
}

/** The configuration as it counts, with all defaults. */
export interface EffectiveConfig {
  config: DomainConfig;
  settings: EffectiveSetting[];
  /** Variables that look like settings and are none. */
  notes: string[];
}

export interface ConfigSources {
  /** Path of the file, if there is one. */
  file?: string | undefined;
  environment: NodeJS.ProcessEnv;
  /** By key; those that were not given are undefined. */
  flags?: Record<string, unknown>;
}

/** Variables of the same prefix that are no settings. */
const OTHER_VARIABLES = [
  'AUDIOCLOUD_CONFIG',
  'AUDIOCLOUD_DEBUG',
  'AUDIOCLOUD_LONG',
  'AUDIOCLOUD_TEST_LOG',
  'AUDIOCLOUD_TOKEN',
];
const shown = (value: unknown): string => JSON.stringify(value) ?? String(value);

/**
 * What a domain is to run with: flags before the environment, the environment before the file, the file before defaults. [control]
 *
 * A list that is given replaces the one of the next source. Throws CONFIG_INVALID with every problem, each with its place, its
 * key, what is there and what is wanted.
 */
export function readConfig({ file, environment, flags = {} }: ConfigSources): EffectiveConfig {
  const problems: ConfigProblem[] = [];
  const read = file === undefined ? undefined : readConfigFile(file);
  if (read) problems.push(...unknownKeys(read));
  const settings = SETTINGS.map((setting): EffectiveSetting => {
    const { key, variable, schema } = setting;
    const at = (value: unknown, source: string, folder: string): EffectiveSetting => {
      const inside = entryProblems(schema, value, key);
      problems.push(...inside.map((problem) => ({ where: source, ...problem })));
      if (inside.length === 0 && !isAllowed(schema, value)) {
        const is = schema.secret ? 'its value' : shown(value);
        problems.push({ where: source, key, message: `it is ${is}, wanted ${wantedOf(schema)}` });
      }
      return { key, value: withPaths(setting, value, folder), source, isSecret: schema.secret === true };
    };
    const flag = flags[key];
    if (flag !== undefined) return at(flag, `--${key}`, '.');
    const text = environment[variable];
    if (text !== undefined && text !== '') return at(fromText(schema, text), variable, '.');
    const keys = key.split('.');
    const written = read && valueAt(read.value, keys);
    if (read && written !== undefined && written !== null)
      return at(written, placeText(read, keys), dirname(resolve(read.path)));
    return at(schema.default, 'default', '.');
  });
  if (problems.length > 0) throw refusal(problems);
  const config = {};
  for (const { key, value } of settings) if (value !== undefined) put(config, key.split('.'), value);
  return { config: config as DomainConfig, settings, notes: notesOn(environment) };
}

function refusal(problems: ConfigProblem[]): AudioCloudError {
  const lines = problems.map(({ where, key, message }) => `${where}: ${key}: ${message}`);
  return new AudioCloudError('CONFIG_INVALID', `Cannot use the configuration: ${lines.join('; ')}`, { problems });
}

const validators = new WeakMap<object, { Check(value: unknown): boolean }>();
function isAllowed(schema: Setting['schema'], value: unknown): boolean {
  if (value === undefined) return true;
  let validator = validators.get(schema);
  if (!validator) {
    validator = Compile(schema);
    validators.set(schema, validator);
  }
  return validator.Check(value);
}

/** What is wrong with the entries of a list whose entries have keys. */
function entryProblems({ items }: SettingSchema, value: unknown, key: string): Omit<ConfigProblem, 'where'>[] {
  const { properties } = items ?? {};
  if (!items || !properties || !Array.isArray(value)) return [];
  return value.flatMap((entry, index) => {
    const at = `${key}[${index}]`;
    if (isAllowed(items as Setting['schema'], entry)) return [];
    if (typeof entry !== 'object' || entry === null)
      return [{ key: at, message: `it is ${shown(entry)}, wanted ${wantedOf(items)}` }];
    const found = Object.entries(entry).flatMap(([name, inside]) => {
      const schema = Object.hasOwn(properties, name) ? properties[name]! : undefined;
      if (!schema) return [{ key: `${at}.${name}`, message: unknownKey(name, properties) }];
      if (isAllowed(schema as Setting['schema'], inside)) return [];
      return [{ key: `${at}.${name}`, message: `it is ${shown(inside)}, wanted ${wantedOf(schema)}` }];
    });
    return found.length > 0 ? found : [{ key: at, message: 'it has no id' }];
  });
}

/** Keys of the file that the schema does not have, and groups that are none. */
function unknownKeys(file: ConfigFile): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const look = (value: unknown, schema: SettingSchema, keys: string[]) => {
    const { properties } = schema;
    if (!properties || value === null) return;
    if (typeof value !== 'object' || Array.isArray(value)) {
      const key = keys.join('.') || 'the file';
      problems.push({
        where: placeText(file, keys),
        key,
        message: `it is ${shown(value)}, wanted ${wantedOf(schema)}`,
      });
      return;
    }
    for (const [name, inside] of Object.entries(value)) {
      const here = [...keys, name];
      if (Object.hasOwn(properties, name)) look(inside, properties[name]!, here);
      else problems.push({ where: placeText(file, here), key: here.join('.'), message: unknownKey(name, properties) });
    }
  };
  look(file.value, DomainConfig as SettingSchema, []);
  return problems;
}

function unknownKey(name: string, properties: object): string {
  const known = Object.keys(properties);
  const near = nearest(name, known);
  return `there is no such key; ${near ? `did you mean ${near}?` : `there are ${known.join(', ')}`}`;
}

function placeText(file: ConfigFile, keys: string[]): string {
  const { line, column } = file.placeOf(keys);
  return `${file.path}:${line}:${column}`;
}

function valueAt(value: unknown, keys: readonly string[]): unknown {
  let found = value;
  for (const key of keys) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}

function put(target: Record<string, unknown>, [first, ...rest]: string[], value: unknown): void {
  if (rest.length === 0) target[first!] = value;
  else {
    target[first!] ??= {};
    put(target[first!] as Record<string, unknown>, rest, value);
  }
}

/** A variable has text alone: lists of paths are divided by the path delimiter, others by commas, names and values by `=` and `,`. */
function fromText({ type, secret, wanted, items, isPlain }: SettingSchema, text: string): unknown {
  if (items?.properties) return fromJson(text);
  if (type === 'array') return text.split(isPlain ? ',' : delimiter).filter((part) => part !== '');
  if (secret) return Object.fromEntries(text.split(',').map((pair) => pair.split(/=(.*)/s, 2)));
  if (type === 'boolean') return text === 'true' || (text === 'false' ? false : text);
  const isNumber = type === 'integer' || type === 'number' || wanted?.startsWith('a number');
  return isNumber && text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** The text itself where it is no JSON: it is refused then. */
function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function withPaths({ schema }: Setting, value: unknown, folder: string): unknown {
  if (schema.isPath && typeof value === 'string') return resolve(folder, value);
  if (schema.type !== 'array' || schema.isPlain || !Array.isArray(value)) return value;
  if (!(schema as SettingSchema).items?.properties) return value.map((path) => resolve(folder, String(path)));
  return value.map((entry) =>
    entry?.folder === undefined ? entry : { ...entry, folder: resolve(folder, entry.folder) },
  );
}

function notesOn(environment: NodeJS.ProcessEnv): string[] {
  const known = SETTINGS.map(({ variable }) => variable);
  return Object.keys(environment)
    .filter((name) => name.startsWith('AUDIOCLOUD_') && !known.includes(name) && !OTHER_VARIABLES.includes(name))
    .map((name) => {
      const near = nearest(name, known);
      return `${name} is no setting${near ? `; did you mean ${near}?` : ''}`;
    });
}
