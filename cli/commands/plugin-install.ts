import { Command } from 'commander';
import { dataFolder } from '../flags.ts';
import { installPackage } from '../packages/install-package.ts';
import { pluginsIn } from '../packages/plugins-in.ts';
import { shadowedModels } from '../packages/shadowed-models.ts';
import { publicKeyOf } from '../packages/signature.ts';
import { Steps } from '../steps.ts';

interface InstallFlags {
  data: string;
  key?: string;
  keep?: boolean;
  json?: boolean;
}

/** `audiocloud plugin install`: a package into the data folder, in use without a restart. */
export function pluginInstallCommand(): Command {
  return new Command('install')
    .summary('installs a package into a data folder')
    .description(
      'Installs a plugin package into the data folder. A running `serve` offers its models at once. No script of the package runs, and it is verified first: paths, module, integrity, signature.',
    )
    .argument('<source>', 'a name on npm (also name@version), a folder, or a .tgz file')
    .option('--data <dir>', 'data folder of the domain', dataFolder())
    .option('--key <file>', 'PEM file with the public ed25519 key that must have signed it')
    .option('--keep', 'keep other versions beside it: tasks may ask for maker:name@1.2.3')
    .option(
      '--json',
      'print { name, version, kind, models, adapter?, key?, shadowed: [ids that another package has already] }',
    )
    .addHelpText(
      'after',
      '\nA package that was signed once is only taken with the same key again, unless --key names another.\n\nExamples:\n  audiocloud plugin install ./warm-filter\n  audiocloud plugin install warm-filter-1.0.0.tgz --key author.pem\n  audiocloud plugin install @acme/warm-filter@1.0.0 --keep --data ./data',
    )
    .action(install);
}

async function install(source: string, { data, key, keep, json }: InstallFlags): Promise<void> {
  const steps = new Steps(json);
  const { facts, entry } = await installPackage(pluginsIn(data), source, {
    ...(key ? { key: publicKeyOf(key) } : {}),
    keep: keep ?? false,
    onProgress: steps.say,
  }).finally(() => steps.end());
  const { name, version, kind, models, adapter } = facts;
  const shadowed = shadowedModels(
    pluginsIn(data),
    name,
    models.map(({ id }) => id),
  );
  const ids = models.map((model) => `${model.id}@${model.version}`);
  if (json) {
    const more = { ...(adapter ? { adapter } : {}), ...(entry.key ? { key: entry.key } : {}) };
    console.log(JSON.stringify({ name, version, kind, models: ids, ...more, shadowed: [...shadowed.keys()] }));
    return;
  }
  console.log(`Installed ${name}@${version} (${kind}): ${adapter ?? ids.join(', ')}`);
  if (entry.key) console.log(`signed with ${entry.key}`);
  for (const [id, by] of shadowed) console.error(`note: ${id} is of ${by} already, and that one is used`);
}
