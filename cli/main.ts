import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { printError } from './print-error.ts';

/** Every command of `audiocloud`; to add one is one line here. What a command needs is loaded when it is asked for. */
const COMMANDS: Record<string, () => Promise<Command>> = {
  serve: async () => (await import('./commands/serve.ts')).serveCommand(),
  render: async () => (await import('./commands/render.ts')).renderCommand(),
  convert: async () => (await import('./commands/convert.ts')).convertCommand(),
  media: async () => (await import('./commands/media.ts')).mediaCommand(),
  push: async () => (await import('./commands/push.ts')).pushCommand(),
  inspect: async () => (await import('./commands/inspect.ts')).inspectCommand(),
  waveform: async () => (await import('./commands/waveform.ts')).waveformCommand(),
  export: async () => (await import('./commands/export.ts')).exportCommand(),
  midi: async () => (await import('./commands/midi.ts')).midiCommand(),
  plugin: async () => (await import('./commands/plugin.ts')).pluginCommand(),
  device: async () => (await import('./commands/device.ts')).deviceCommand(),
  domain: async () => (await import('./commands/domain.ts')).domainCommand(),
  engine: async () => (await import('./commands/engine.ts')).engineCommand(),
  listen: async () => (await import('./commands/listen.ts')).listenCommand(),
  surface: async () => (await import('./commands/surface.ts')).surfaceCommand(),
  bench: async () => (await import('./commands/bench.ts')).benchCommand(),
  top: async () => (await import('./commands/top.ts')).topCommand(),
};

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
  const [asked = ''] = argv.slice(2);
  const needed = Object.hasOwn(COMMANDS, asked) ? [asked] : Object.keys(COMMANDS); // all: to tell what there is
  for (const name of needed) program.addCommand(await COMMANDS[name]!());
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
