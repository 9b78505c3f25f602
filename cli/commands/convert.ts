import { convertSound } from '@audiocloud/engine';
import { Command } from 'commander';
import { wholeNumber } from '../flags.ts';
import { formatOf, type OutputFlags, soundOutput, withOutputFlags } from '../output-flags.ts';
import { progressBar } from '../progress-bar.ts';
import { untilStopped } from '../stop-signals.ts';
import { bitsText, warningsOf, writtenText } from '../written-text.ts';

interface ConvertFlags extends OutputFlags {
  channels?: number;
  json?: boolean;
  quiet?: boolean;
}

/** `audiocloud convert`: a file of sound to another format, of any length, in little memory. */
export function convertCommand(): Command {
  const command = new Command('convert')
    .description(
      'Converts a file of sound: WAV, AIFF, FLAC, MP3, Ogg, and with ffmpeg what else there is, to WAV, FLAC, MP3 or Opus. What loses nothing stays exact to the bit.',
    )
    .argument('<in>', 'file to read; told by its content')
    .argument('<out>', 'file to write: .wav, .flac, .mp3 or .opus')
    .option('--channels <count>', '1: the mean of all; more: of a mono file', wholeNumber(1, 32));
  return withOutputFlags(command, { dither: 'default: tpdf, none where nothing is lost without' })
    .option('--json', 'print one line of JSON instead of text')
    .option('--quiet', 'no progress bar')
    .addHelpText(
      'after',
      '\nExamples:\n  audiocloud convert take.wav take.flac\n  audiocloud convert take.wav take.mp3 --bit-rate 320 --loudness -14\n  audiocloud convert take.flac cd.wav --rate 44100 --bits 16 --dither shaped\n\nFiles and formats: docs/sound-files.md',
    )
    .action(convert);
}

async function convert(input: string, path: string, flags: ConvertFlags): Promise<void> {
  const output = soundOutput(formatOf(path, flags), flags);
  const begun = performance.now();
  const bar = progressBar('converting', flags);
  const {
    file,
    from,
    output: made,
  } = await untilStopped((signal) =>
    convertSound({
      input,
      path,
      output,
      signal,
      onProgress: bar.update,
      ...(flags.channels === undefined ? {} : { channels: flags.channels }),
    }),
  ).finally(bar.stop);
  const seconds = (performance.now() - begun) / 1000;
  if (flags.json) {
    const bits = made.depth === undefined ? {} : { bits: bitsText(made.depth) };
    console.log(JSON.stringify({ in: input, out: file.path, from, ...file, ...bits, seconds }));
    return;
  }
  const speed = `in ${seconds.toFixed(2)} s (${(file.frames / file.sampleRate / seconds).toFixed(0)} x real time)`;
  console.log(`${file.path}: ${writtenText(file, made.depth, made.bitRate)}, ${speed}`);
  for (const warning of warningsOf(file)) console.error(`warning: ${warning}`);
}
