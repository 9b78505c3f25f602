import { Command } from 'commander';
import { dataFolder } from '../flags.ts';

/** `audiocloud domain backup`: the store as one file. */
export function domainBackupCommand(): Command {
  return new Command('backup')
    .summary('writes the store into one file')
    .description(
      'Writes the store (tasks, presets) into a new file, as it is at one moment, also while a domain runs. Media and plugins are files of their own.',
    )
    .argument('<file>', 'file to write; there must be none of the name')
    .option('--data <dir>', 'data folder of the domain', dataFolder())
    .option('--json', 'print one line of JSON: { file, made, entries }')
    .addHelpText('after', '\nExample:\n  audiocloud domain backup store.backup --data ./data')
    .action(backup);
}

async function backup(file: string, { data, json }: { data: string; json?: boolean }): Promise<void> {
  const { backupStore } = await import('@audiocloud/domain');
  const facts = backupStore(data, file);
  if (json) console.log(JSON.stringify(facts));
  else console.log(`Wrote ${facts.file}: ${facts.entries} entries`);
}
