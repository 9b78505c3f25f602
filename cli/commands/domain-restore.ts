import { Command } from 'commander';
import { dataFolder } from '../flags.ts';

/** `audiocloud domain restore`: the store of a backup in place of that of a data folder. */
export function domainRestoreCommand(): Command {
  return new Command('restore')
    .summary('puts a backup in place of the store')
    .description(
      'Looks whether a backup is whole, then puts it in place of the store of a data folder. The old store is kept beside it. Refuses while a domain runs there.',
    )
    .argument('<file>', 'a file that `domain backup` wrote')
    .option('--data <dir>', 'data folder of the domain', dataFolder())
    .option('--json', 'print one line of JSON: { file, made, entries, kept? }')
    .addHelpText('after', '\nExample:\n  audiocloud domain restore store.backup --data ./data')
    .action(restore);
}

async function restore(file: string, { data, json }: { data: string; json?: boolean }): Promise<void> {
  const { restoreStore } = await import('@audiocloud/domain');
  const facts = restoreStore(data, file);
  if (json) console.log(JSON.stringify(facts));
  else {
    console.log(`Restored ${facts.entries} entries of ${facts.made} into ${data}`);
    if (facts.kept) console.log(`The store before is ${facts.kept}`);
  }
}
