import { join, resolve } from 'node:path';
import { asAudioCloudError, type ErrorBody } from '@audiocloud/api';
import { inspectPackage, type PackageFacts, readInstalled } from '@audiocloud/engine';
import { Command } from 'commander';
import { collect, dataFolder } from '../flags.ts';
import { pluginsIn } from '../packages/plugins-in.ts';
import { stockPluginFolder } from '../stock-folders.ts';

interface ListFlags {
  data: string;
  plugins: string[];
  json?: boolean;
}

interface Line {
  folder: string;
  from: 'stock' | 'installed' | 'folder';
  facts?: PackageFacts;
  key?: string;
  error?: ErrorBody;
}

/** `audiocloud plugin list`: every package there is, of any kind. */
export function pluginListCommand(): Command {
  return new Command('list')
    .summary('lists packages of every kind')
    .description(
      'Lists the plugin packages of a data folder and the stock one, of every kind (wasm, device, adapter), each read and verified. Exit code 1 when one cannot be used.',
    )
    .option('--data <dir>', 'data folder of the domain', dataFolder())
    .option('--plugins <dir>', 'a further package; may be given again', collect, [])
    .option(
      '--json',
      'print one line of JSON for each package: { name, version, kind, from, folder, models, adapter?, settings?, key?, error? }',
    )
    .addHelpText('after', '\nExample:\n  audiocloud plugin list --data ./data')
    .action(list);
}

async function list({ data, plugins, json }: ListFlags): Promise<void> {
  const root = pluginsIn(data);
  const lines: Line[] = [
    { folder: stockPluginFolder(), from: 'stock' },
    ...readInstalled(root).packages.map(({ folder, key }): Line => {
      return { folder: join(root, folder), from: 'installed', ...(key ? { key } : {}) };
    }),
    ...plugins.map((folder): Line => ({ folder: resolve(folder), from: 'folder' })),
  ];
  for (const line of lines) {
    try {
      line.facts = await inspectPackage(line.folder);
    } catch (thrown) {
      line.error = asAudioCloudError(thrown, 'PLUGIN_MANIFEST').toJSON();
      process.exitCode = 1;
    }
    if (json) printJson(line);
    else print(line);
  }
}

const idsOf = ({ models }: PackageFacts) => models.map(({ id, version }) => `${id}@${version}`);

function printJson({ facts, ...line }: Line): void {
  console.log(JSON.stringify({ ...facts, ...(facts ? { models: idsOf(facts) } : {}), ...line }));
}

function print({ facts, folder, from, key, error }: Line): void {
  if (!facts) {
    console.log(`${folder} (${from})\n  REFUSED ${error!.code}: ${error!.message}`);
    return;
  }
  const { name, version, kind, adapter } = facts;
  console.log(`${name}@${version} (${kind}, ${from}${key ? `, signed with ${key}` : ''})`);
  for (const what of adapter ? [`adapter ${adapter}`] : idsOf(facts)) console.log(`  ${what}`);
}
