import { Command } from 'commander';
import { surfaceCheckCommand } from './surface-check.ts';
import { surfaceLearnCommand } from './surface-learn.ts';
import { surfaceListCommand } from './surface-list.ts';
import { surfaceRunCommand } from './surface-run.ts';

/** `audiocloud surface ...`: faders, knobs and buttons that move a task. */
export function surfaceCommand(): Command {
  return new Command('surface')
    .description('Moves the parameters of a task with control surfaces that speak MIDI or OSC, and shows them there.')
    .addHelpText(
      'after',
      '\nExample:\n  audiocloud surface list\n  audiocloud surface learn desk.yaml --task demo --midi "X-Touch*"\n  audiocloud surface run desk.yaml --task demo\n\nThe document: docs/control-surfaces.md',
    )
    .addCommand(surfaceListCommand())
    .addCommand(surfaceLearnCommand())
    .addCommand(surfaceCheckCommand())
    .addCommand(surfaceRunCommand());
}
