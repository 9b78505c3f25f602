import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/*
 * A package of hundreds of small modules, put together into a few files for the time of the tests: every process and thread of
 * theirs reads it, and to find and link its 683 modules is a quarter of a second of processor time for each.
 */
const PACKAGE = 'typebox';

interface PackageFacts {
  version: string;
  exports: Record<string, { import: string }>;
}

/** The words for NODE_OPTIONS that have Node take the package from `folder`, where it is made when it is not there. */
export async function oneFileOptions(folder: string): Promise<string> {
  const root = join(import.meta.dirname, '../node_modules', PACKAGE);
  const { version, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as PackageFacts;
  const loader = join(folder, `loader-${version}.mjs`);
  if (!existsSync(loader)) await putTogether(root, exports, folder, loader);
  return `--import=${loader}`;
}

async function putTogether(
  root: string,
  exports: PackageFacts['exports'],
  folder: string,
  loader: string,
): Promise<void> {
  const { build } = await import('vite');
  const entries = Object.entries(exports).map(([path, { import: file }]) => {
    const name = path === '.' ? 'index' : path.slice(2);
    return { specifier: join(PACKAGE, path), name, file: join(root, file) };
  });
  await build({
    configFile: false,
    logLevel: 'warn',
    ssr: { noExternal: true },
    build: {
      ssr: true,
      minify: false,
      outDir: folder,
      emptyOutDir: true,
      rolldownOptions: {
        input: Object.fromEntries(entries.map(({ name, file }) => [name, file])),
        treeshake: false,
        output: { entryFileNames: '[name].mjs', chunkFileNames: 'shared-[name].mjs' },
      },
    },
  });
  const urls = entries.map(({ specifier, name }) => [specifier, `./${name}.mjs`]);
  writeFileSync(
    loader,
    `import { registerHooks } from 'node:module';
const urls = new Map(${JSON.stringify(urls)});
registerHooks({
  resolve(specifier, context, next) {
    const path = urls.get(specifier);
    return path ? { url: new URL(path, import.meta.url).href, format: 'module', shortCircuit: true } : next(specifier, context);
  },
});
`,
  );
}
