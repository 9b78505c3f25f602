import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AudioCloudError, check, InstalledPackages } from '@audiocloud/api';

/** The list of what `plugin install` put into a folder: only what stands there is loaded. */
export const INSTALLED_FILE = 'installed.json';

/** What is installed in a folder; nothing when there is no list. [control] Throws PLUGIN_MANIFEST for a damaged list. */
export function readInstalled(root: string): InstalledPackages {
  const path = join(root, INSTALLED_FILE);
  if (!existsSync(path)) return { packages: [] };
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new AudioCloudError(
      'PLUGIN_MANIFEST',
      `Cannot read ${path}: ${(cause as Error).message}; remove the file and install the packages again`,
      { folder: root },
      { cause },
    );
  }
  return check(InstalledPackages, value, path, 'PLUGIN_MANIFEST');
}

/** Replaces the list as a whole: who watches the folder sees the old one or the new one. [control] */
export function writeInstalled(root: string, installed: InstalledPackages): void {
  mkdirSync(root, { recursive: true });
  const part = join(root, `.${INSTALLED_FILE}.${process.pid}`);
  writeFileSync(part, `${JSON.stringify(installed, null, 2)}\n`);
  renameSync(part, join(root, INSTALLED_FILE));
}
