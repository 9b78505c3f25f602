import { Command } from 'commander';
import { pluginCheckCommand } from './plugin-check.ts';

/** `audiocloud plugin ...`: what authors of plugins need; one line for each command. */
export function pluginCommand(): Command {
  return new Command('plugin').description('Checks plugins.').addCommand(pluginCheckCommand());
}
