import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { benchCommand } from './commands/bench.ts';
import { deviceCommand } from './commands/device.ts';
import { domainCommand } from './commands/domain.ts';
import { engineCommand } from './commands/engine.ts';
import { mediaCommand } from './commands/media.ts';
import { midiCommand } from './commands/midi.ts';
import { pluginCommand } from './commands/plugin.ts';
import { renderCommand } from './commands/render.ts';
import { serveCommand } from './commands/serve.ts';
import { surfaceCommand } from './commands/surface.ts';
import { topCommand } from './commands/top.ts';
import { printError } from './print-error.ts';

/** Every command of `audiocloud`; to add one is one line here. */
const COMMANDS = [
  serveCommand,
  renderCommand,
  mediaCommand,
  midiCommand,
  pluginCommand,
  deviceCommand,
  domainCommand,
  engineCommand,
  surfaceCommand,
  benchCommand,
  topCommand,
];

const HELP = '(add --help for what there is)';

/** Refusals of a command and of those inside it are thrown, with a hint. */
function prepared(command: Command): Command {
  for (const inside of command.commands) prepared(inside);
  return command.showHelpAfterError(HELP).exitOverride();
}

/** Runs the command line and returns the exit code: 0 done, 1 refused or failed, 2 not understood. */
export async function main(argv: string[]): Promise<number> {
  const { version } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const program = new Command('audiocloud')
    .description('Runs audio on computers and real studio hardware together.')
    .version(version)
    .addHelpText(
      'after',
      '\nFirst steps:\n  audiocloud serve --example             play an example and open its page\n  audiocloud render TASK.json --out OUT.wav\n\nDocuments: https://github.com/audiocloud/audiocloud#readme',
    );
  for (const command of COMMANDS) program.addCommand(command());
  prepared(program);
  try {
    await program.parseAsync(argv);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    printError(error, argv.includes('--json'));
    return 1;
  }
}
