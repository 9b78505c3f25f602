import { Type } from 'typebox';
import { MediaLoudness } from './media-facts.ts';

const closed = { additionalProperties: false } as const;
const oneOf = <const T extends string>(values: readonly T[], description: string) =>
  Type.Unsafe<T>(Type.String({ enum: [...values], description }));

/** Formats of files that sound is written to. */
export const OUTPUT_FORMATS = ['wav', 'flac', 'mp3', 'opus'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** How a sample is written: integers of so many bits, or 32-bit floating point. */
export const OUTPUT_DEPTHS = ['s16', 's24', 's32', 'f32'] as const;
export type OutputDepth = (typeof OUTPUT_DEPTHS)[number];

/** Classes of sample-rate conversion, from the cheapest to the dearest: what each keeps is in docs/sound-files.md. */
export const RESAMPLERS = ['fast', 'standard', 'best'] as const;
export type Resampler = (typeof RESAMPLERS)[number];

/** Tags that every format takes; each is one line of text. `date` is a year, or a date as 2026-11-30. */
export const TAG_NAMES = [
  'title',
  'artist',
  'album',
  'albumArtist',
  'composer',
  'genre',
  'date',
  'track',
  'comment',
  'copyright',
  'isrc',
] as const;
export type TagName = (typeof TAG_NAMES)[number];

/** Text that goes into a file beside its sound. */
export const OutputTags = Type.Object(
  Object.fromEntries(
    TAG_NAMES.map((name) => [
      name,
      Type.Optional(Type.String({ minLength: 1, maxLength: 1024, pattern: '^[^\\u0000-\\u001f\\u007f]*$' })),
    ]),
  ) as Record<TagName, Type.TOptional<Type.TString>>,
  { ...closed, title: 'OutputTags' },
);
export type OutputTags = Type.Static<typeof OutputTags>;

/** How loud a file is to be: ITU-R BS.1770-4 and EBU R 128. */
export const LoudnessTarget = Type.Object(
  {
    integratedLufs: Type.Number({ minimum: -60, maximum: 0, description: 'Integrated loudness wanted' }),
    truePeakDb: Type.Optional(
      Type.Number({
        minimum: -40,
        maximum: 0,
        description: 'Highest true peak, in dB of full scale; default -1. Where both cannot be had the file is quieter',
      }),
    ),
  },
  { ...closed, title: 'LoudnessTarget' },
);
export type LoudnessTarget = Type.Static<typeof LoudnessTarget>;

/** How sound is written: format, rate, depth and what is done to it on its way. */
export const SoundOutput = Type.Object(
  {
    format: oneOf(OUTPUT_FORMATS, 'wav is RF64 above 4 GiB; opus is Ogg Opus'),
    sampleRate: Type.Optional(
      Type.Integer({
        minimum: 8000,
        maximum: 192_000,
        description:
          'Default: that of what is written; mp3: the nearest of its rates, at most 48000 Hz; opus: 48000 Hz alone. What comes at another rate is converted: its length is round(frames x to / from)',
      }),
    ),
    resampler: Type.Optional(
      oneOf(
        RESAMPLERS,
        'How well what comes at another rate is converted. standard, the default: flat to 0.45 of the lower rate, images below -120 dB; fast: to 0.4, -96 dB, for less than half the cost; best: to 0.47, -140 dB, for twice the cost',
      ),
    ),
    depth: Type.Optional(
      oneOf(OUTPUT_DEPTHS, 'wav: any, default s24. flac: s16 or s24, default s24. mp3 and opus have none'),
    ),
    bitRate: Type.Optional(
      Type.Integer({
        minimum: 8000,
        maximum: 512_000,
        description:
          'Bits a second. mp3: one of the constant rates of MPEG (32000 to 320000 at 32 kHz and more), default 192000. opus: 6000 to 256000 for each channel, default 64000 for each',
      }),
    ),
    dither: Type.Optional(
      oneOf(
        ['none', 'tpdf', 'shaped'],
        'Of s16 and s24: none rounds; tpdf, the default, adds triangular noise of 2 steps; shaped moves that noise to where ears hear less of it (44.1 and 48 kHz; at other rates as tpdf)',
      ),
    ),
    isSilenceKept: Type.Optional(
      Type.Boolean({
        description:
          'true: after 50 ms in which all channels are zero nothing is dithered until one is not, so silence is digital silence. Default: false',
      }),
    ),
    loudness: Type.Optional(LoudnessTarget),
    tags: Type.Optional(OutputTags),
  },
  { ...closed, title: 'SoundOutput' },
);
export type SoundOutput = Type.Static<typeof SoundOutput>;

interface OutputFormatFacts {
  extension: string;
  mediaType: string;
  depths: readonly OutputDepth[];
  channels: number;
  /**
   * Bytes at the start of the file that are written once more at its end; the others are final when they are written.
   * flac: STREAMINFO, which gets the MD5 of the samples; whoever follows the growing file has a valid file without it.
   */
  rewrittenBytes: number;
}

/** What each format can hold. All can be followed while they grow (docs/sound-files.md). */
export const OUTPUT_FORMAT_FACTS: Record<OutputFormat, OutputFormatFacts> = {
  wav: { extension: '.wav', mediaType: 'audio/wav', depths: OUTPUT_DEPTHS, channels: 32, rewrittenBytes: 0 },
  flac: { extension: '.flac', mediaType: 'audio/flac', depths: ['s16', 's24'], channels: 8, rewrittenBytes: 42 },
  mp3: { extension: '.mp3', mediaType: 'audio/mpeg', depths: [], channels: 2, rewrittenBytes: 0 },
  opus: { extension: '.opus', mediaType: 'audio/ogg', depths: [], channels: 2, rewrittenBytes: 0 },
};

/** A file that is written, whole. */
export const WrittenSound = Type.Object(
  {
    format: oneOf(OUTPUT_FORMATS, ''),
    sampleRate: Type.Integer({ minimum: 1, maximum: 192_000 }),
    channels: Type.Integer({ minimum: 1, maximum: 32 }),
    frames: Type.Integer({
      minimum: 0,
      description: 'That a decoder gives, delay and padding of lossy formats cut off',
    }),
    bytes: Type.Integer({ minimum: 0 }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$', maxLength: 64 }),
    clippedSamples: Type.Integer({
      minimum: 0,
      description: 'Beyond full scale and held at it. Of mp3 and opus: of what was encoded; f32 has none',
    }),
    peak: Type.Number({ minimum: 0, description: 'Largest sample, 1 is full scale, before it is held' }),
    loudness: Type.Optional(MediaLoudness),
    gainDb: Type.Optional(Type.Number({ description: 'With a loudness target: what was done to reach it' })),
    isPeakLimited: Type.Optional(
      Type.Boolean({ description: 'With a loudness target: the true peak did not let it become as loud as wanted' }),
    ),
  },
  { ...closed, title: 'WrittenSound' },
);
export type WrittenSound = Type.Static<typeof WrittenSound>;
