import { Command } from 'commander';
import { engineCheckCommand } from './engine-check.ts';

/** `audiocloud engine ...`: what who writes an engine needs. */
export function engineCommand(): Command {
  return new Command('engine')
    .description('Holds an engine against the engine protocol.')
    .addHelpText(
      'after',
      '\nExample:\n  audiocloud engine check -- node engine.js --data {data}\n\nThe guide: docs/engine-guide.md',
    )
    .addCommand(engineCheckCommand());
}
