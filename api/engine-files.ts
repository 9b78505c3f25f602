import { Type } from 'typebox';
import { ErrorBody } from './error-body.ts';
import { Name } from './ids.ts';
import { SoundOutput, WrittenSound } from './sound-output.ts';

/* The files that an engine writes: what is asked for, and what became of it. */

const closed = { additionalProperties: false } as const;

/** How a rendered file is written: WAV with 16 or 24 bits (these may be dithered), or in 32-bit floating point. */
export const RenderFormat = Type.Unsafe<'wav-s16' | 'wav-s24' | 'wav-f32'>(
  Type.String({ enum: ['wav-s16', 'wav-s24', 'wav-f32'] }),
);
export type RenderFormat = Type.Static<typeof RenderFormat>;

export const MOST_EXPORT_OUTPUTS = 64;
/** See `loudnessLink` of the command `export`. */
export const LOUDNESS_LINKS = ['each', 'first', 'sum'] as const;
export type LoudnessLink = (typeof LOUDNESS_LINKS)[number];

/** One file of an export. */
export const ExportOutput = Type.Object(
  {
    ...SoundOutput.properties,
    sink: Type.Optional(Name),
    path: Type.String({
      minLength: 1,
      maxLength: 4096,
      description: 'Absolute path of the file; one that is there is replaced when the new one is whole',
    }),
    partPath: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 4096,
        description:
          'Absolute path, on the same disk, of the file while it grows; default: beside `path`, under a name of its own. It can be followed: ' +
          'the event `progress` tells how many bytes of it are there. One that is there is replaced at once',
      }),
    ),
  },
  { ...closed, title: 'ExportOutput' },
);
export type ExportOutput = Type.Static<typeof ExportOutput>;

/** What became of a render. */
export const RenderedFile = Type.Object(
  {
    sampleRate: Type.Integer(),
    channels: Type.Integer({ minimum: 1 }),
    frames: Type.Integer({ minimum: 1 }),
    failed: Type.Array(ErrorBody, { description: 'Instances that failed; the file is there without their sound' }),
  },
  { ...closed, title: 'RenderedFile' },
);
export type RenderedFile = Type.Static<typeof RenderedFile>;

/** What became of an export: the files in the order of its outputs. */
export const ExportedFiles = Type.Object(
  {
    outputs: Type.Array(
      Type.Object({ ...WrittenSound.properties, sink: Name, path: Type.String({ maxLength: 4096 }) }, closed),
      { minItems: 1, maxItems: MOST_EXPORT_OUTPUTS },
    ),
    latencyFrames: Type.Integer({
      minimum: 0,
      description: 'Of the graph, at the rate of rendering; cut off the start',
    }),
    failed: Type.Array(ErrorBody, {
      maxItems: 4096,
      description: 'Instances that failed; the files are there without their sound',
    }),
    missedBlocks: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: 'With isRealtime: hardware heard so many gaps; the files have what was heard',
      }),
    ),
  },
  { ...closed, title: 'ExportedFiles' },
);
export type ExportedFiles = Type.Static<typeof ExportedFiles>;

/** What became of a recording. */
export const RecordedFiles = Type.Object(
  {
    ...ExportedFiles.properties,
    sampleRate: Type.Integer({ minimum: 1, description: 'At which it was played' }),
    frames: Type.Integer({ minimum: 1, description: 'At that rate' }),
    missedBlocks: Type.Integer({ minimum: 0, description: 'Of the task and of the device while it was recorded' }),
    lostFrames: Type.Integer({ minimum: 0, description: 'Played and not recorded; zeros stand for them' }),
  },
  { ...closed, title: 'RecordedFiles' },
);
export type RecordedFiles = Type.Static<typeof RecordedFiles>;
