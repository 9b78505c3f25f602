import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

// The direction of imports (docs/architecture.md). Tests may look across folders; what is shipped may not.
const ALLOWED: Record<string, string[]> = {
  api: [],
  dsp: [],
  plugins: ['api', 'dsp'],
  engine: ['api'],
  client: ['api'],
  web: ['api', 'client'],
  domain: ['api'],
  cli: ['api', 'engine', 'domain', 'client'],
};

const root = fileURLToPath(new URL('..', import.meta.url));

interface Import {
  file: string;
  specifier: string;
}

function* importsOf(folder: string): Generator<Import> {
  for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
    const file = relative(root, join(entry.parentPath, entry.name));
    if (
      !entry.isFile() ||
      !/\.tsx?$/.test(file) ||
      /\.test\.|node_modules|\/build\/|\/dist\/|\/templates\/|\/testing\//.test(file)
    )
      continue;
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, specifier] of text.matchAll(
      /(?:^|\n)\s*(?:import|export)[^'";]*?from\s*'([^']+)'|import\('([^']+)'\)/g,
    ))
      if (specifier) yield { file, specifier };
  }
}

function target({ file, specifier }: Import): string | undefined {
  if (specifier.startsWith('.')) return relative(root, join(root, dirname(file), specifier)).split(sep)[0];
  if (specifier.startsWith('@audiocloud/adapter-')) return 'plugins';
  return /^@audiocloud\/([a-z]+)/.exec(specifier)?.[1];
}

t.test('imports run one way', async (t) => {
  for (const [folder, allowed] of Object.entries(ALLOWED)) {
    const wrong = [...importsOf(folder)].filter((found) => {
      const to = target(found);
      return to !== undefined && to in ALLOWED && to !== folder && !allowed.includes(to);
    });
    t.same(
      wrong.map(({ file, specifier }) => `${file} imports ${specifier}`),
      [],
      `${folder} imports ${allowed.join(', ') || 'nothing of ours'}`,
    );
  }
});

t.test('the engine knows no plugin by name', async (t) => {
  const { models } = JSON.parse(readFileSync(join(root, 'plugins/audiocloud.json'), 'utf8')) as {
    models: { id: string }[];
  };
  const named = readdirSync(join(root, 'engine'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('.test.'))
    .filter((file) => models.some(({ id }) => readFileSync(join(root, 'engine', file), 'utf8').includes(`'${id}'`)));
  t.same(named, []);
  t.ok(existsSync(join(root, 'engine/index.ts')));
});

t.test('one package depends on another only where layers allow it', async (t) => {
  for (const [folder, allowed] of Object.entries(ALLOWED)) {
    const { dependencies = {} } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
      dependencies?: Record<string, string>;
    };
    for (const [name, version] of Object.entries(dependencies)) {
      t.match(version, /^\d/, `${folder} pins ${name} exactly`);
      const other = /^@audiocloud\/(\w+)$/.exec(name)?.[1];
      // data that is installed with a package, and never imported by it
      if (other && !['plugins', 'dsp', 'web'].includes(other))
        t.ok(allowed.includes(other), `${folder} may depend on ${name}`);
    }
  }
});

/** The files that a file brings with it when it runs: imports of types alone bring nothing. */
function* broughtBy(file: string, found = new Set<string>()): Generator<string> {
  if (found.has(file)) return;
  found.add(file);
  yield file;
  const text = readFileSync(join(root, file), 'utf8');
  for (const [, types, from] of text.matchAll(/(?:^|\n)\s*(?:import|export)( type)?[^'";]*?from\s*'([^']+)'/g)) {
    if (types) continue;
    if (from!.startsWith('.')) yield* broughtBy(join(dirname(file), from!), found);
    else if (!from!.startsWith('node:')) yield from!;
  }
}

t.test('render threads, their watchdog and the clock load nothing but the renderer', async (t) => {
  // the contract with its schemas would cost each of them half a second and 10 MB
  for (const thread of [
    'thread/render-thread',
    'thread/watchdog-thread',
    'render/helper-thread',
    'device/paced-thread',
  ]) {
    const brought = [...broughtBy(`engine/${thread}.ts`)];
    t.same(
      brought.filter((file) => !file.startsWith('engine/')),
      [],
      `${thread} loads ${brought.length} files, all of the engine`,
    );
  }
});
