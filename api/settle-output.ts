import { AudioCloudError } from './errors.ts';
import {
  OUTPUT_FORMAT_FACTS,
  type OutputDepth,
  type OutputFormat,
  type Resampler,
  type SoundOutput,
} from './sound-output.ts';

/** What is written, before it is converted. */
export interface OutputSource {
  sampleRate: number;
  channels: number;
}

/** A SoundOutput with nothing left open. */
export interface SettledOutput {
  format: OutputFormat;
  sampleRate: number;
  channels: number;
  /** Used where the source has another rate. */
  resampler: Resampler;
  /** Of wav and flac. */
  depth?: OutputDepth;
  /** Of mp3 and opus, bits a second. */
  bitRate?: number;
  dither: 'none' | 'tpdf' | 'shaped';
  isSilenceKept: boolean;
}

/** Rates of MPEG audio, layer III: versions 1, 2 and 2.5 (ISO 11172-3, 13818-3). */
const MP3_RATES = [48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000];
const MP3_BIT_RATES = {
  1: [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  2: [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
} as const;
/** Those that our encoder does not offer; below 16 kHz (version 2.5) it makes at most 64. */
const MP3_ABSENT = [56, 144];
const MP3_MOST_BELOW_16K = 64;
/** Opus sounds transparent to most from here on (RFC 6716 has no opinion; listening tests of Hydrogenaudio). */
const OPUS_BIT_RATE = 64_000;
const DEFAULT_MP3_BIT_RATE = 192_000;

/** The bit rates that MP3 has at a sample rate, bits a second. [any] */
export function mp3BitRates(sampleRate: number): number[] {
  const most = sampleRate < 16000 ? MP3_MOST_BELOW_16K : Number.POSITIVE_INFINITY;
  return MP3_BIT_RATES[sampleRate >= 32000 ? 1 : 2]
    .filter((rate) => !MP3_ABSENT.includes(rate) && rate <= most)
    .map((rate) => rate * 1000);
}

/**
 * What an output is for this source: the defaults filled in. [any]
 *
 * Throws REQUEST_INVALID for what the format does not have, naming what it has.
 */
export function settleOutput(output: SoundOutput, source: OutputSource): SettledOutput {
  const { format, resampler = 'standard', dither = 'tpdf', isSilenceKept = false } = output;
  const facts = OUTPUT_FORMAT_FACTS[format];
  const refuse = (is: string, wanted: string): never => {
    throw new AudioCloudError('REQUEST_INVALID', `Cannot write ${format} with ${is}: wanted ${wanted}`, { format });
  };
  if (source.channels > facts.channels)
    refuse(`${source.channels} channels`, `at most ${facts.channels}; choose wav, or a sink that is narrower`);
  if (output.depth !== undefined && !facts.depths.includes(output.depth))
    refuse(
      `depth ${output.depth}`,
      facts.depths.length > 0 ? facts.depths.join(' or ') : 'none, it has a bit rate instead',
    );
  if (output.bitRate !== undefined && facts.depths.length > 0) refuse('a bit rate', 'none, it has a depth instead');
  const sampleRate = rateOf(output, source, refuse);
  const common = { format, sampleRate, channels: source.channels, resampler, dither, isSilenceKept };
  if (format === 'mp3') return { ...common, bitRate: mp3BitRate(output.bitRate, sampleRate, refuse) };
  if (format === 'opus') return { ...common, bitRate: opusBitRate(output.bitRate, source.channels, refuse) };
  return { ...common, depth: output.depth ?? 's24' };
}

type Refuse = (is: string, wanted: string) => never;

function rateOf({ format, sampleRate }: SoundOutput, source: OutputSource, refuse: Refuse): number {
  if (format === 'opus') {
    if (sampleRate !== undefined && sampleRate !== 48000) refuse(`${sampleRate} Hz`, '48000 Hz, or none given');
    return 48000;
  }
  if (format === 'mp3') {
    if (sampleRate !== undefined && !MP3_RATES.includes(sampleRate))
      refuse(`${sampleRate} Hz`, `one of ${MP3_RATES.join(', ')} Hz`);
    // the lowest that loses nothing; rates that are multiples of 11025 stay in their family
    return (
      sampleRate ?? (MP3_RATES.includes(source.sampleRate) ? source.sampleRate : nearestMp3Rate(source.sampleRate))
    );
  }
  const rate = sampleRate ?? source.sampleRate;
  // above 65535 Hz a frame header of FLAC counts in tens (RFC 9639, 9.1.2)
  if (format === 'flac' && rate > 65535 && rate % 10 !== 0) refuse(`${rate} Hz`, 'a multiple of 10 above 65535 Hz');
  return rate;
}

function nearestMp3Rate(rate: number): number {
  if (rate > 48000) return rate % 11025 === 0 ? 44100 : 48000;
  return MP3_RATES.findLast((one) => one >= rate)!;
}

function mp3BitRate(bitRate: number | undefined, sampleRate: number, refuse: Refuse): number {
  const rates = mp3BitRates(sampleRate);
  if (bitRate === undefined) return Math.min(DEFAULT_MP3_BIT_RATE, rates.at(-1)!);
  if (!rates.includes(bitRate)) refuse(`${bitRate} bits a second`, `one of ${rates.join(', ')} at ${sampleRate} Hz`);
  return bitRate;
}

function opusBitRate(bitRate: number | undefined, channels: number, refuse: Refuse): number {
  if (bitRate === undefined) return OPUS_BIT_RATE * channels;
  const [least, most] = [6000 * channels, 256_000 * channels];
  if (bitRate < least || bitRate > most)
    refuse(
      `${bitRate} bits a second`,
      `${least} to ${most} for ${channels} ${channels === 1 ? 'channel' : 'channels'}`,
    );
  return bitRate;
}
