import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { AudioCloudError } from '@audiocloud/api';

/**
 * Writes a JSON file for people: two spaces, and what has a place in time on one line. The file is replaced as a whole, so
 * that nobody reads half of it. Throws REQUEST_INVALID when it cannot be written.
 */
export function writeJson(path: string, value: unknown): void {
  // A line break in this text is never inside of a string, where it would be written \n.
  const text = JSON.stringify(value, null, 2).replace(/\{\n\s*"seconds":[^{}]*\}/g, (one) =>
    one.replace(/\n\s*/g, ' '),
  );
  const part = `${path}.${process.pid}.part`;
  try {
    writeFileSync(part, `${text}\n`);
    renameSync(part, path);
  } catch (cause) {
    rmSync(part, { force: true });
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot write ${path}: ${(cause as Error).message}`,
      { path },
      { cause },
    );
  }
}
