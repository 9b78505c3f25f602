import { Command } from 'commander';
export function pluginTypesCommand(): Command {
  return new Command('types');
}
