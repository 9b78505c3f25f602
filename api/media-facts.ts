import { Type } from 'typebox';
import { MEDIA_CHANNELS_MAXIMUM, MEDIA_RATE_MAXIMUM, MEDIA_RATE_MINIMUM, TAG_LENGTH_MAXIMUM } from './media-limits.ts';
import { LONGEST_SECONDS } from './task.ts';

const closed = { additionalProperties: false } as const;

/** What the bytes of a file are wrapped in. Told by the content, never by the name. */
export const MEDIA_CONTAINERS = [
  'wav',
  'aiff',
  'flac',
  'mp3',
  'ogg',
  'adts',
  'mp4',
  'matroska',
  'asf',
  'avi',
  'caf',
  'mpeg',
  'other',
] as const;
export type MediaContainer = (typeof MEDIA_CONTAINERS)[number];
export const MediaContainer = Type.Unsafe<MediaContainer>(Type.String({ enum: [...MEDIA_CONTAINERS] }));

/** What 32-bit floats can hold is between -900 and 771 dB of full scale. */
const decibel = (description: string) => Type.Number({ minimum: -1000, maximum: 1000, description });

/**
 * How loud a file is: ITU-R BS.1770-4, EBU R 128, EBU Tech 3341 and 3342. What cannot be said is absent: of silence there is
 * no loudness, of less than 0.4 s no momentary and of less than 3 s no short-term loudness.
 */
export const MediaLoudness = Type.Object(
  {
    integratedLufs: Type.Optional(decibel('Gated, of the whole')),
    rangeLu: Type.Optional(Type.Number({ minimum: 0, maximum: 1000, description: 'Loudness range, LRA' })),
    momentaryMaxLufs: Type.Optional(decibel('Loudest 0.4 s')),
    shortTermMaxLufs: Type.Optional(decibel('Loudest 3 s')),
    truePeakDb: Type.Optional(decibel('dBTP, oversampled four times; absent for silence')),
    samplePeakDb: Type.Optional(decibel('Largest sample, dB of full scale; absent for silence')),
  },
  { ...closed, title: 'MediaLoudness' },
);
export type MediaLoudness = Type.Static<typeof MediaLoudness>;

const tag = (description: string) => Type.String({ minLength: 1, maxLength: TAG_LENGTH_MAXIMUM, description });

/** What the file says of itself. Nothing of it is to be trusted: text for people. */
export const MediaTags = Type.Object(
  {
    title: Type.Optional(tag('Title')),
    artist: Type.Optional(tag('Artists, separated by "; "')),
    album: Type.Optional(tag('Album')),
    albumArtist: Type.Optional(tag('Artist of the album')),
    composer: Type.Optional(tag('Composers, separated by "; "')),
    genre: Type.Optional(tag('Genres, separated by "; "')),
    date: Type.Optional(tag('Date or year, as it stands in the file')),
    comment: Type.Optional(tag('First comment')),
    copyright: Type.Optional(tag('Copyright')),
    isrc: Type.Optional(tag('International Standard Recording Code')),
    encoder: Type.Optional(tag('What wrote the file')),
    trackNumber: Type.Optional(Type.Integer({ minimum: 0, maximum: 65535 })),
    trackTotal: Type.Optional(Type.Integer({ minimum: 0, maximum: 65535 })),
    discNumber: Type.Optional(Type.Integer({ minimum: 0, maximum: 65535 })),
    bpm: Type.Optional(Type.Number({ minimum: 0, maximum: 10000 })),
  },
  { ...closed, title: 'MediaTags' },
);
export type MediaTags = Type.Static<typeof MediaTags>;

/** What a file of sound is, known by decoding all of it. */
export const MediaFacts = Type.Object(
  {
    container: MediaContainer,
    codec: Type.String({
      pattern: '^[a-z0-9_]{1,32}$',
      maxLength: 32,
      description: 'pcm_s16, pcm_f32, pcm_alaw, flac, mp3, vorbis, opus, aac, alac ...',
    }),
    sampleRate: Type.Integer({ minimum: MEDIA_RATE_MINIMUM, maximum: MEDIA_RATE_MAXIMUM }),
    channels: Type.Integer({ minimum: 1, maximum: MEDIA_CHANNELS_MAXIMUM }),
    frames: Type.Integer({
      minimum: 0,
      description: 'Exact: decoded and counted, delay and padding of the encoder taken away',
    }),
    bitDepth: Type.Optional(Type.Integer({ minimum: 1, maximum: 64, description: 'Of what is stored without loss' })),
    isLossy: Type.Boolean(),
    loudness: MediaLoudness,
    tags: MediaTags,
    hasVideo: Type.Optional(
      Type.Boolean({ description: 'true: there are pictures beside the sound; they are left out' }),
    ),
  },
  { ...closed, title: 'MediaFacts' },
);
export type MediaFacts = Type.Static<typeof MediaFacts>;

/** What is looked into ends where one of these is passed: TOO_LARGE, with the limit and how far over. */
export const InspectLimits = Type.Object(
  {
    seconds: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: LONGEST_SECONDS, description: 'Length of the sound; default 86400' }),
    ),
    decodedBytes: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 2 ** 50, description: 'As 32-bit samples; default 2^38 (256 GiB)' }),
    ),
    ratio: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1e9,
        description: 'Decoded bytes for each byte of the file, once more than 256 MiB are decoded; default 200',
      }),
    ),
  },
  { ...closed, title: 'InspectLimits' },
);
export type InspectLimits = Type.Static<typeof InspectLimits>;
