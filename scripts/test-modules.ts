import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/*
 * What the processes and threads of the tests read in the place of other modules, so that they need less time.
 *
 * TypeBox is hundreds of small modules, put together into a few files: to find and link its 683 modules is a quarter of a
 * second of processor time for each process and thread.
 * tap notes for each process what it read, for a coverage that nobody asks for: 50 ms for each process, more for each module.
 */
const PACKAGE = 'typebox';
const NOTED_BY_TAP = '/@tapjs/processinfo/dist/esm/import.mjs';
const NOTHING = 'data:text/javascript,';

interface PackageFacts {
  version: string;
  exports: Record<string, { import: string }>;
}

/**
 * The words for NODE_OPTIONS that have Node read the lighter modules, where it is the tree that wants them: what is packed and
 * installed into a folder of a test reads its own.
 *
 * @param folder where they are made when they are not there
 */
export async function testModules(folder: string): Promise<string> {
  const tree = join(import.meta.dirname, '..');
  const root = join(tree, 'node_modules', PACKAGE);
  const { version, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as PackageFacts;
  const entries = Object.entries(exports).map(([path, { import: file }]) => {
    const name = path === '.' ? 'index' : path.slice(2);
    return { specifier: join(PACKAGE, path), name, file: join(root, file) };
  });
  const made = join(folder, version);
  if (!existsSync(made)) await putTogether(entries, made);
  const urls = [
    ['async-hook-domain', pathToFileURL(join(import.meta.dirname, 'test-domain.ts')).href],
    ...entries.map(({ specifier, name }) => [specifier, pathToFileURL(join(made, `${name}.mjs`)).href]),
  ];
  const loader = join(folder, 'loader.mjs');
  // as a whole: processes of other tests may start now
  const part = `${loader}.${process.pid}`;
  writeFileSync(
    part,
    `import { registerHooks } from 'node:module';
const urls = new Map(${JSON.stringify(urls)});
const tree = ${JSON.stringify(`${pathToFileURL(tree)}/`)};
const isOfTheTree = (url) => url?.startsWith(tree) && !url.startsWith(tree + '.tap/fixtures/');
registerHooks({
  resolve(specifier, context, next) {
    if (specifier.endsWith('${NOTED_BY_TAP}')) return { url: '${NOTHING}', format: 'module', shortCircuit: true };
    const url = urls.get(specifier);
    if (!url || !isOfTheTree(context.parentURL)) return next(specifier, context);
    return { url, format: url.endsWith('.ts') ? 'module-typescript' : 'module', shortCircuit: true };
  },
});
`,
  );
  renameSync(part, loader);
  return `--import=${pathToFileURL(loader)}`;
}

async function putTogether(entries: readonly { name: string; file: string }[], folder: string): Promise<void> {
  const { build } = await import('vite');
  const part = `${folder}.${process.pid}`;
  await build({
    configFile: false,
    logLevel: 'warn',
    ssr: { noExternal: true },
    build: {
      ssr: true,
      minify: false,
      outDir: part,
      emptyOutDir: true,
      rolldownOptions: {
        input: Object.fromEntries(entries.map(({ name, file }) => [name, file])),
        treeshake: false,
        output: { entryFileNames: '[name].mjs', chunkFileNames: 'shared-[name].mjs' },
      },
    },
  });
  renameSync(part, folder);
}
