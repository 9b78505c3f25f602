import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

interface Options {
  /** Only when it is not there. */
  ifMissing?: boolean;
  /** Default `web/dist`. */
  outDir?: string;
}

/** Builds the control page. */
export async function buildWeb({ ifMissing = false, outDir }: Options = {}): Promise<void> {
  const web = new URL('../web/', import.meta.url);
  if (ifMissing && existsSync(new URL('dist/index.html', web))) return;
  await build({
    configFile: fileURLToPath(new URL('vite.config.ts', web)),
    logLevel: 'warn',
    ...(outDir === undefined ? {} : { build: { outDir, emptyOutDir: true } }),
  });
}
