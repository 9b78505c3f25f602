import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { AudioCloudError } from '@audiocloud/api';
import type { KeyStorage, StoredKeys } from './signing-keys.ts';

/** The file of the signing keys in a data folder. */
export const signingKeysPath = (dataDir: string): string => join(dataDir, 'signing-keys.json');

/** Keys in a file that only its owner can read. Reading throws CONFIG_INVALID for one that cannot be used. [control] */
export function keysInFile(dataDir: string): KeyStorage {
  const file = signingKeysPath(dataDir);
  return {
    read() {
      if (!existsSync(file)) return undefined;
      try {
        chmodSync(file, 0o600);
        const stored = JSON.parse(readFileSync(file, 'utf8')) as StoredKeys;
        if (!stored.domain || stored.keys.filter(({ untilMs }) => untilMs === undefined).length !== 1)
          throw new Error('it holds no signing key');
        return stored;
      } catch (cause) {
        throw new AudioCloudError(
          'CONFIG_INVALID',
          `Cannot read ${file}: ${(cause as Error).message}; take it away, and a new one is made: all tokens end`,
          { file },
          { cause },
        );
      }
    },

    /** All of it or nothing, and on the disk. */
    write(stored) {
      const part = `${file}.part`;
      rmSync(part, { force: true });
      const handle = openSync(part, 'wx', 0o600);
      try {
        writeSync(handle, `${JSON.stringify(stored, undefined, 2)}\n`);
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
      renameSync(part, file);
    },

    stamp() {
      const found = statSync(file, { throwIfNoEntry: false });
      return found ? found.mtimeMs + found.ino : 0;
    },
  };
}
