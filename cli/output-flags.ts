import { extname } from 'node:path';
import {
  AudioCloudError,
  OUTPUT_FORMAT_FACTS,
  OUTPUT_FORMATS,
  type OutputDepth,
  type OutputFormat,
  RESAMPLERS,
  type Resampler,
  type SoundOutput,
  TAG_NAMES,
  type TagName,
} from '@audiocloud/api';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Pair, pair, wholeNumber } from './flags.ts';

/** What is said of a file to be written, by `render`, `convert` and `export`. */
export interface OutputFlags {
  format?: OutputFormat;
  rate?: number;
  resampler?: Resampler;
  bits?: '16' | '24' | '32' | '32f';
  bitRate?: number;
  dither?: 'none' | 'tpdf' | 'shaped';
  keepSilence?: boolean;
  loudness?: number;
  truePeak?: number;
  tag: Pair[];
}

const DEPTHS: Record<NonNullable<OutputFlags['bits']>, OutputDepth> = { 16: 's16', 24: 's24', 32: 's32', '32f': 'f32' };
const EXTENSIONS = OUTPUT_FORMATS.map((format) => OUTPUT_FORMAT_FACTS[format].extension).join(', ');

/** A number in a range that has a unit. */
function measure(min: number, max: number, unit: string) {
  return (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= min && value <= max))
      throw new InvalidArgumentError(`wanted ${min} to ${max} ${unit}.`);
    return value;
  };
}

/** Adds the flags of OutputFlags to a command. */
export function withOutputFlags(command: Command, says: { dither?: string; format?: string } = {}): Command {
  const { dither = 'default: tpdf', format = 'default: told by the name of the file' } = says;
  return command
    .addOption(new Option('--format <format>', format).choices([...OUTPUT_FORMATS]))
    .option(
      '--rate <hz>',
      'sample rate of the file; what comes at another one is converted',
      wholeNumber(8000, 192_000),
    )
    .addOption(
      new Option(
        '--resampler <class>',
        'how well another rate is converted: fast costs less than half, best keeps more of the top; default: standard',
      ).choices([...RESAMPLERS]),
    )
    .addOption(
      new Option(
        '--bits <bits>',
        'of wav (default 24) and flac (16 or 24, default 24); 16 and 24 are dithered',
      ).choices(['16', '24', '32', '32f']),
    )
    .option(
      '--bit-rate <kbps>',
      'of mp3 (default 192) and opus (default 64 for each channel), in 1000 bits a second',
      wholeNumber(6, 512),
    )
    .addOption(
      new Option(
        '--dither <kind>',
        `none rounds; shaped moves the noise to where ears hear less of it; ${dither}`,
      ).choices(['none', 'tpdf', 'shaped']),
    )
    .option('--keep-silence', 'no dither in silence that is longer than 50 ms')
    .option(
      '--loudness <lufs>',
      'integrated loudness of the file, e.g. -14; the sound is measured first',
      measure(-60, 0, 'LUFS'),
    )
    .option('--true-peak <db>', 'with --loudness: highest true peak, default -1', measure(-40, 0, 'dB'))
    .option('--tag <name=text>', `${TAG_NAMES.join(', ')}; may be given again`, pair, [] as Pair[]);
}

/** The format that the flag says, else the name of the file. Throws REQUEST_INVALID. */
export function formatOf(path: string, flags: OutputFlags): OutputFormat {
  if (flags.format) return flags.format;
  const extension = extname(path).toLowerCase();
  const found = OUTPUT_FORMATS.find((format) => OUTPUT_FORMAT_FACTS[format].extension === extension);
  if (found) return found;
  throw new AudioCloudError(
    'REQUEST_INVALID',
    `Cannot tell the format of '${path}' by its name: wanted one that ends with ${EXTENSIONS}; give --format`,
    { path },
  );
}

/** What the flags ask for. Throws REQUEST_INVALID for tags that there are not, and a true peak without a loudness. */
export function soundOutput(format: OutputFormat, flags: OutputFlags): SoundOutput {
  const { rate, resampler, bits, bitRate, dither, keepSilence, loudness, truePeak } = flags;
  const refuse = (why: string): never => {
    throw new AudioCloudError('REQUEST_INVALID', why);
  };
  if (truePeak !== undefined && loudness === undefined)
    refuse('Cannot hold a true peak without a loudness: give --loudness as well');
  for (const [name] of flags.tag)
    if (!TAG_NAMES.includes(name as TagName))
      refuse(`Cannot write the tag '${name}': wanted one of ${TAG_NAMES.join(', ')}`);
  return {
    format,
    ...(rate === undefined ? {} : { sampleRate: rate }),
    ...(resampler === undefined ? {} : { resampler }),
    ...(bits === undefined ? {} : { depth: DEPTHS[bits] }),
    ...(bitRate === undefined ? {} : { bitRate: bitRate * 1000 }),
    ...(dither === undefined ? {} : { dither }),
    ...(keepSilence ? { isSilenceKept: true } : {}),
    ...(loudness === undefined
      ? {}
      : { loudness: { integratedLufs: loudness, ...(truePeak === undefined ? {} : { truePeakDb: truePeak }) } }),
    ...(flags.tag.length === 0 ? {} : { tags: Object.fromEntries(flags.tag) }),
  };
}
