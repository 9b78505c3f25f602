import { Command } from 'commander';
import { dataFolder } from '../flags.ts';
import { removePackage } from '../packages/install-package.ts';
import { pluginsIn } from '../packages/plugins-in.ts';

/** `audiocloud plugin remove`: takes an installed package out of the data folder. */
export function pluginRemoveCommand(): Command {
  return new Command('remove')
    .summary('removes an installed package')
    .description(
      'Removes an installed plugin package. What plays goes on with what it has; new tasks do not find its models.',
    )
    .argument('<name>', 'as `plugin list` names it, with @version for one of several')
    .option('--data <dir>', 'data folder of the domain', dataFolder())
    .option('--json', 'print { removed: [ { name, version } ] }')
    .addHelpText('after', '\nExample:\n  audiocloud plugin remove @acme/warm-filter@1.0.0')
    .action(remove);
}

async function remove(what: string, { data, json }: { data: string; json?: boolean }): Promise<void> {
  const at = what.indexOf('@', 1);
  const [name, version] = at < 0 ? [what] : [what.slice(0, at), what.slice(at + 1)];
  const removed = removePackage(pluginsIn(data), name!, version).map((one) => ({
    name: one.name,
    version: one.version,
  }));
  if (json) console.log(JSON.stringify({ removed }));
  else console.log(`Removed ${removed.map((one) => `${one.name}@${one.version}`).join(', ')}`);
}
