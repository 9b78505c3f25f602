import { writeFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { AudioCloudError } from '@audiocloud/api';
import { Command } from 'commander';
import { wholeNumber } from '../flags.ts';
import { drawPng } from '../waveform/draw-png.ts';
import { drawSvg } from '../waveform/draw-svg.ts';
import { drawText } from '../waveform/draw-text.ts';
import { lookedInto } from '../waveform/looked-into.ts';
import { type PeakColumns, peakColumns } from '../waveform/peak-columns.ts';

interface WaveformFlags {
  width?: number;
  height?: number;
  out?: string;
  json?: boolean;
}

/** What a drawing is written as, by the end of its name. */
const WRITERS: Record<string, (columns: PeakColumns, height: number) => string | Buffer> = {
  '.svg': drawSvg,
  '.png': drawPng,
  '.json': (columns) => `${JSON.stringify(plain(columns))}\n`,
  '.txt': drawText,
};

/** `audiocloud waveform`: draws a file of sound. */
export function waveformCommand(): Command {
  return new Command('waveform')
    .description('Draws a file of sound from its peaks: in the terminal, or as a picture or numbers in a file.')
    .argument('<file>', 'a file of any format that is read')
    .option('--width <columns>', 'default: 80 in the terminal, 1200 in a file', wholeNumber(1, 100_000))
    .option('--height <rows>', 'default: 8 lines a channel in the terminal, 300 dots in a file', wholeNumber(1, 10_000))
    .option('-o, --out <file>', 'what to write: .svg, .png, .json or .txt')
    .option('--json', 'print the numbers as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  audiocloud waveform drums.wav --out drums.svg\n\nFormats and peaks: docs/media-formats.md',
    )
    .action(waveform);
}

async function waveform(path: string, { width, height, out, json }: WaveformFlags): Promise<void> {
  const write = out === undefined ? undefined : WRITERS[extname(out).toLowerCase()];
  if (out !== undefined && !write)
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot write ${out}: wanted a name that ends in ${Object.keys(WRITERS).join(', ')}`,
    );
  if (out !== undefined && resolve(out) === resolve(path))
    throw new AudioCloudError('REQUEST_INVALID', `Cannot write ${out}: it is the file to draw; give another name`);
  const isText = !out || out.endsWith('.txt');
  const { peaks } = await lookedInto(path);
  const columns = peakColumns(peaks, width ?? (isText && !json ? 80 : 1200));
  if (write) writeFileSync(out!, write(columns, height ?? (isText ? 8 : 300)));
  else process.stdout.write(json ? `${JSON.stringify(plain(columns))}\n` : drawText(columns, height ?? 8));
}

const plain = ({ sampleRate, frames, least, most }: PeakColumns) => ({
  sampleRate,
  frames,
  channels: least.map((low, c) => ({ least: [...low], most: [...most[c]!] })),
});
