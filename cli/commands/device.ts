import { Command } from 'commander';
import { deviceCalibrateCommand } from './device-calibrate.ts';

/** `audiocloud device ...`: what a studio's hardware needs. */
export function deviceCommand(): Command {
  return new Command('device')
    .description('Looks after the hardware of a studio.')
    .addHelpText(
      'after',
      '\nExample:\n  audiocloud device calibrate acme:comp:left\n\nThe documents: docs/device-guide.md, docs/sound-loop.md',
    )
    .addCommand(deviceCalibrateCommand());
}
