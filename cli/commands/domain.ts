import { Command } from 'commander';
import { domainBackupCommand } from './domain-backup.ts';
import { domainCheckCommand } from './domain-check.ts';
import { domainRestoreCommand } from './domain-restore.ts';
import { domainRotateCommand } from './domain-rotate.ts';
import { domainTokenCommand } from './domain-token.ts';

/** `audiocloud domain ...`: what who runs a domain needs. */
export function domainCommand(): Command {
  return new Command('domain')
    .description('Checks the configuration of a domain, backs up its store and restores it, makes tokens.')
    .addHelpText(
      'after',
      '\nExample:\n  audiocloud domain check audiocloud.yaml\n  audiocloud serve --config audiocloud.yaml\n  audiocloud domain backup store.backup --data ./data\n\nThe guide: docs/operations.md',
    )
    .addCommand(domainCheckCommand())
    .addCommand(domainBackupCommand())
    .addCommand(domainRestoreCommand())
    .addCommand(domainTokenCommand())
    .addCommand(domainRotateCommand());
}
