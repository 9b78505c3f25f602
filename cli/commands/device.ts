import { Command } from 'commander';
import { deviceCalibrateCommand } from './device-calibrate.ts';
import { deviceSimulateCommand } from './device-simulate.ts';

/** `audiocloud device ...`: what a studio's hardware needs. */
export function deviceCommand(): Command {
  return new Command('device')
    .description('Looks after the hardware of a studio.')
    .addHelpText(
      'after',
      '\nExamples:\n  audiocloud device calibrate acme:comp:left\n  audiocloud device simulate ./acme-preamp\n\nThe documents: docs/device-guide.md, docs/sound-loop.md',
    )
    .addCommand(deviceCalibrateCommand())
    .addCommand(deviceSimulateCommand());
}
