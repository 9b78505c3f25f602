import { readFileSync } from 'node:fs';
import { AudioCloudError, type ErrorCode } from '@audiocloud/api';

/** Reads a JSON file. Throws `code`, naming the file and the place that cannot be read. */
export function readJson(path: string, what: string, code: ErrorCode): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AudioCloudError(
      code,
      `Cannot read the ${what} ${path}: ${(cause as Error).message}`,
      { path },
      { cause },
    );
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AudioCloudError(
      code,
      `Cannot read the ${what} ${path}: it is not JSON: ${(cause as Error).message}`,
      { path },
      { cause },
    );
  }
}
