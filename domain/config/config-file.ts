import { readFileSync, statSync } from 'node:fs';
import { AudioCloudError } from '@audiocloud/api';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';

/** A configuration is a page. */
const MOST_BYTES = 1024 * 1024;

/** Line and column, from 1. */
export interface Place {
  line: number;
  column: number;
}

/** A configuration file as it was written. */
export interface ConfigFile {
  path: string;
  value: unknown;
  /** Where a key stands, or the nearest one around it. */
  placeOf(keys: readonly string[]): Place;
}

/** Reads YAML or JSON (a subset of YAML). Throws CONFIG_INVALID with file, line and column. [control] */
export function readConfigFile(path: string): ConfigFile {
  const refuse = (where: string, cause: string): never => {
    throw new AudioCloudError('CONFIG_INVALID', `Cannot read the configuration ${where}: ${cause}`, { file: path });
  };
  let text = '';
  try {
    const { size } = statSync(path);
    if (size > MOST_BYTES) refuse(path, `it has ${size} bytes, at most ${MOST_BYTES} are read`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof AudioCloudError) throw error;
    refuse(path, `${(error as Error).message}; correct the path`);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const [error] = document.errors;
  if (error) {
    const { line, column } = placeAt(error.pos[0]);
    refuse(`${path}:${line}:${column}`, error.message);
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 }) ?? {}; // an empty file is a configuration without keys
  } catch (cause) {
    refuse(path, (cause as Error).message);
  }
  return {
    path,
    value,
    placeOf(keys) {
      let node: unknown = document.contents;
      let offset = 0;
      for (const key of keys) {
        if (!isMap(node)) break;
        const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
        if (!pair) break;
        offset = (pair.key as { range?: [number] }).range?.[0] ?? offset;
        node = pair.value;
      }
      return placeAt(offset);
    },
  };
}
