import { join, resolve } from 'node:path';
import type { SoundCalibration } from '@audiocloud/api';
import { Command, InvalidArgumentError } from 'commander';
import { calibrateUnit } from '../devices/calibrate-unit.ts';
import { dataFolder } from '../flags.ts';

interface CalibrateFlags {
  data: string;
  level: number;
  keepLevel?: boolean;
  json?: boolean;
}

const LEAST_DB = -60;
const MOST_DB = -3;

/** `audiocloud device calibrate`: how late and how loud the sound of a unit comes back. */
export function deviceCalibrateCommand(): Command {
  return new Command('calibrate')
    .description(
      'Measures how many frames the sound of a unit is under way, and its level, with some seconds of noise through its send channels. What is found is kept in the data folder, and tasks line up with it.',
    )
    .argument('<instance>', 'the unit, as the rack names it: maker:name:unit')
    .option('--data <folder>', 'data folder of the rack; an engine that runs there does it', dataFolder())
    .option('--level <dB>', `of the noise, ${LEAST_DB} to ${MOST_DB} dB of full scale`, decibels, -18)
    .option('--keep-level', "the level is part of the unit's sound: line up the time alone")
    .option('--json', 'print what was found as one line of JSON')
    .addHelpText(
      'after',
      `
Before: turn loudspeakers down. Switch the unit on, and to bypass if it has one; a gate must be open.
Where a unit colours the sound on purpose, add --keep-level.

It is refused, and nothing is kept, when nothing or too little comes back, when it clips, when what comes
back is something else, and when the repetitions differ.

Example:
  audiocloud device calibrate acme:comp:left
  audiocloud device calibrate acme:comp:left --level -30 --keep-level --json

The document: docs/sound-loop.md`,
    )
    .action(run);
}

function decibels(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= LEAST_DB && value <= MOST_DB))
    throw new InvalidArgumentError(`wanted decibels from ${LEAST_DB} to ${MOST_DB}.`);
  return value;
}

async function run(instance: string, flags: CalibrateFlags): Promise<void> {
  const dataDir = resolve(flags.data);
  if (!flags.json) console.error(`Measuring ${instance} with noise at ${flags.level} dBFS ...`);
  const calibration = await calibrateUnit(dataDir, instance, {
    levelDb: flags.level,
    isLevelKept: flags.keepLevel ?? false,
  });
  if (flags.json) console.log(JSON.stringify({ instance, ...calibration }));
  else console.log(report(instance, calibration, join(dataDir, 'calibration.json')));
}

function report(instance: string, calibration: SoundCalibration, file: string): string {
  const { device, sampleRate, blockFrames, roundTripFrames, returns, sound, isLevelKept } = calibration;
  const ms = ((1000 * roundTripFrames) / sampleRate).toFixed(2);
  const lines = returns.flatMap(({ gainDb, noiseDb, confidence, isReversed }, i) => [
    `  return ${sound.return[i]}: ${gainDb.toFixed(2)} dB, noise ${(-noiseDb).toFixed(0)} dB below it, confidence ${(100 * confidence).toFixed(1)} %`,
    ...(isReversed
      ? [`  return ${sound.return[i]}: the polarity is REVERSED; turn it over in the cable or the unit`]
      : []),
  ]);
  return [
    `${instance} (${device}, ${sampleRate} Hz, blocks of ${blockFrames} frames)`,
    `  round trip: ${roundTripFrames} frames, ${ms} ms`,
    ...lines,
    `Kept in ${file}: tasks loaded from now on line up with it${isLevelKept ? ', in time alone' : ''}.`,
  ].join('\n');
}
