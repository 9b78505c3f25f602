import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function folderOf(packageJson: string): string {
  return dirname(fileURLToPath(import.meta.resolve(packageJson)));
}

/** The package with the stock models, which every engine has. */
export function stockPluginFolder(): string {
  return folderOf('@audiocloud/plugins/package.json');
}

/** The built control page. */
export function webFolder(): string {
  return join(folderOf('@audiocloud/web/package.json'), 'dist');
}

/** Tasks and media that `serve --example` opens: inside the published package, beside it in the repository. */
export function exampleFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const inside = join(here, 'examples');
  return existsSync(inside) ? inside : join(here, '..', 'examples');
}
