import { existsSync } from 'node:fs';
import { build } from 'vite';

/** Builds the control page into `web/dist`. With `ifMissing` only when it is not there. */
export async function buildWeb({ ifMissing = false }: { ifMissing?: boolean } = {}): Promise<void> {
  const web = new URL('../web/', import.meta.url);
  if (ifMissing && existsSync(new URL('dist/index.html', web))) return;
  await build({ configFile: new URL('vite.config.ts', web).pathname, logLevel: 'warn' });
}
