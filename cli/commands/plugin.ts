import { Command } from 'commander';
import { pluginBenchCommand } from './plugin-bench.ts';
import { pluginCheckCommand } from './plugin-check.ts';
import { pluginCreateCommand } from './plugin-create.ts';
import { pluginDevCommand } from './plugin-dev.ts';
import { pluginInstallCommand } from './plugin-install.ts';
import { pluginListCommand } from './plugin-list.ts';
import { pluginPackCommand } from './plugin-pack.ts';
import { pluginRemoveCommand } from './plugin-remove.ts';
import { pluginTypesCommand } from './plugin-types.ts';

/** What authors and users of plugins need; one line for each command. */
const COMMANDS = [
  pluginCreateCommand,
  pluginDevCommand,
  pluginCheckCommand,
  pluginBenchCommand,
  pluginPackCommand,
  pluginInstallCommand,
  pluginListCommand,
  pluginRemoveCommand,
  pluginTypesCommand,
];

/** `audiocloud plugin ...`. */
export function pluginCommand(): Command {
  const plugin = new Command('plugin')
    .description('Makes, tries, checks, packs and installs plugins: DSP in WebAssembly, devices and adapters.')
    .addHelpText(
      'after',
      '\nFrom nothing to sound:\n  audiocloud plugin create my-plugin\n  cd my-plugin && npm install && npm run build\n  audiocloud plugin check .\n  audiocloud plugin dev .\n  audiocloud plugin pack .\n\nThe guide: docs/plugin-guide.md',
    );
  for (const command of COMMANDS) plugin.addCommand(command());
  return plugin;
}
