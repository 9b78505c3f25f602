import { existsSync, globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const PAGE = join(root, 'web/dist/index.html');
const SOURCES = '{web,client,api}/**/*.{ts,tsx,css,html,svg,json}';
const isNoSource = (path: string) => /(^|\/)(node_modules|dist)$|\.test\.tsx?$/.test(path);

interface Options {
  /** Only when it is not there, or older than its sources. */
  ifMissing?: boolean;
}

/** Builds the control page into `web/dist`. */
export async function buildWeb({ ifMissing = false }: Options = {}): Promise<void> {
  if (ifMissing && isFresh()) return;
  await build({ configFile: join(root, 'web/vite.config.ts'), logLevel: 'warn' });
}

function isFresh(): boolean {
  if (!existsSync(PAGE)) return false;
  const built = statSync(PAGE).mtimeMs;
  const sources = globSync(SOURCES, { cwd: root, exclude: isNoSource });
  return sources.every((path) => statSync(join(root, path)).mtimeMs <= built);
}
