import { cpSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AudioCloudError } from '@audiocloud/api';
import { Command, Option } from 'commander';

interface CreateFlags {
  language?: 'assemblyscript' | 'c';
  kind: 'effect' | 'instrument' | 'adapter' | 'device';
  maker: string;
  json?: boolean;
}

const TEMPLATES = fileURLToPath(new URL('../templates', import.meta.url));
const NAME = /^[a-z][a-z0-9-]{1,62}$/;

/** `audiocloud plugin create`: a folder with a package that works. */
export function pluginCreateCommand(): Command {
  return new Command('create')
    .summary('makes a plugin, adapter or device that works')
    .description(
      'Makes a folder with a small working package, to be changed into yours: a low-pass filter, a sine with eight voices, an adapter for UDP packets, or a preamp with a serial line protocol. AssemblyScript needs nothing but npm, C needs clang and lld; an adapter is JavaScript, a device is data.',
    )
    .argument('<path>', 'the folder to make; its name is the name of the package: small letters, digits and hyphens')
    .addOption(
      new Option('--language <name>', 'what a plugin is written in (default: assemblyscript)').choices([
        'assemblyscript',
        'c',
      ]),
    )
    .addOption(
      new Option(
        '--kind <name>',
        'what it is: hears sound, plays notes (AssemblyScript only), carries bytes, or describes hardware',
      )
        .choices(['effect', 'instrument', 'adapter', 'device'])
        .default('effect'),
    )
    .option('--maker <name>', 'who makes it: the first part of the id of its model', 'acme')
    .option('--json', 'print { folder, model or adapter, files }')
    .addHelpText(
      'after',
      '\nThe folder has a manifest (audiocloud.json), the source, and a README with the next steps.\n\nExample:\n  audiocloud plugin create warm-filter --maker acme\n  cd warm-filter && npm install && npm run build',
    )
    .action(create);
}

async function create(path: string, flags: CreateFlags): Promise<void> {
  const folder = resolve(path);
  const name = basename(folder);
  for (const [what, word] of [
    ['plugin', name],
    ['maker', flags.maker],
  ] as const)
    if (!NAME.test(word))
      throw new AudioCloudError(
        'ID_INVALID',
        `Cannot make a plugin: the name of the ${what} is '${word}', wanted 2 to 63 small letters, digits and hyphens, a letter first`,
      );
  const isPlugin = flags.kind === 'effect' || flags.kind === 'instrument';
  if (!isPlugin && flags.language)
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot make ${flags.kind === 'adapter' ? 'an adapter' : 'a device'} in ${flags.language}: leave out --language`,
    );
  if (flags.kind === 'instrument' && flags.language === 'c')
    throw new AudioCloudError(
      'REQUEST_INVALID',
      'Cannot make an instrument in C: there is a template in AssemblyScript alone; begin with examples/plugins/c-sine-keys',
    );
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot make a plugin in ${folder}: the folder is not empty; choose another`,
      {
        folder,
      },
    );
  const template = isPlugin ? (flags.language ?? 'assemblyscript') : flags.kind;
  cpSync(join(TEMPLATES, template), folder, { recursive: true });
  // a kernel and a model in place of the effect's
  if (flags.kind === 'instrument') cpSync(join(TEMPLATES, 'instrument'), folder, { recursive: true });
  // npm takes no file of the real name into a package
  renameSync(join(folder, 'gitignore'), join(folder, '.gitignore'));
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const { parentPath, name: file } of files) fill(join(parentPath, file), words(name, flags.maker));
  const made = flags.kind === 'adapter' ? { adapter: name } : { model: `${flags.maker}:${name}` };
  if (flags.json) {
    const paths = files.map(({ parentPath, name: file }) => join(parentPath, file).slice(folder.length + 1)).sort();
    console.log(JSON.stringify({ folder, ...made, files: paths }));
  } else
    console.log(
      `Made ${folder} with the ${Object.entries(made)[0]!.join(' ')}.\n\nNext:\n  cd ${path}${isPlugin ? ' && npm install && npm run build' : ''}\n  npx audiocloud plugin check .\n  npx audiocloud plugin ${isPlugin ? 'dev .' : 'install . --data ../data'}`,
    );
}

/** What stands in the templates, and what is put there instead. */
function words(name: string, maker: string): [RegExp, string][] {
  const parts = name.split('-').filter(Boolean);
  const capital = (part: string) => part[0]!.toUpperCase() + part.slice(1);
  return [
    [/plugin-name/g, name],
    [/maker-name/g, maker],
    [/PluginName/g, parts.map(capital).join('')],
    [/Plugin Title/g, capital(parts.join(' '))],
    [/sdk-version/g, sdkVersion()],
  ];
}

function fill(path: string, replacements: readonly [RegExp, string][]): void {
  const before = readFileSync(path, 'utf8');
  const after = replacements.reduce((text, [word, now]) => text.replace(word, now), before);
  if (after !== before) writeFileSync(path, after);
}

/** Of the library that plugins are built on: published together with this command. */
function sdkVersion(): string {
  const file = join(dirname(TEMPLATES), 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
