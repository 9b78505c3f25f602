import { Type } from 'typebox';
import { EventType } from './domain-event.ts';
import { LOUDNESS_LINKS, MOST_EXPORT_OUTPUTS } from './engine-files.ts';
import { ErrorBody } from './error-body.ts';
import { EngineId, ExportId, NAME_PATTERN, TaskId } from './ids.ts';
import { Next, pageItems } from './page.ts';
import { AskedMoment } from './reservation.ts';
import { SoundOutput, WrittenSound } from './sound-output.ts';
import { LONGEST_SECONDS } from './task.ts';

const closed = { additionalProperties: false } as const;
const Time = Type.String({ format: 'date-time', maxLength: 32, description: 'ISO 8601, UTC' });
const count = (description: string) => Type.Integer({ minimum: 0, description });
const seconds = (description: string) => Type.Number({ minimum: 0, maximum: LONGEST_SECONDS, description });
const oneOf = <const N extends string>(names: readonly N[], description: string) =>
  Type.Unsafe<N>(Type.String({ enum: [...names], description }));

/** An export is kept for so long when nothing else is said: 7 days. */
export const KEPT_SECONDS = 7 * 24 * 60 * 60;
/** Bytes of a context as JSON. */
export const CONTEXT_BYTES = 8192;

/** Where a file is put once it is whole: a pre-signed URL of a storage service. */
export const ExportUpload = Type.Object(
  {
    url: Type.String({
      minLength: 1,
      maxLength: 4096,
      description:
        'https; told to nobody again. The file is sent by one PUT with its length; redirects are not followed',
    }),
    headers: Type.Optional(
      Type.Record(
        Type.String({ pattern: '^[A-Za-z][A-Za-z0-9-]{0,63}$', maxLength: 64 }),
        Type.String({ maxLength: 1024, pattern: '^[\\x20-\\x7e]*$' }),
        { maxProperties: 16, description: 'That were signed too, such as content-type; told to nobody again' },
      ),
    ),
  },
  { ...closed, title: 'ExportUpload' },
);
export type ExportUpload = Type.Static<typeof ExportUpload>;

const OutputName = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$',
  maxLength: 64,
  description: 'Names the file, without ending; unique within the export',
});
const OutputSink = Type.Optional(
  Type.String({ pattern: NAME_PATTERN, maxLength: 64, description: 'Default: the first sink of the task' }),
);

/** One file that an export makes. */
export const ExportOutputCreate = Type.Object(
  {
    name: Type.Optional(OutputName),
    sink: OutputSink,
    ...SoundOutput.properties,
    upload: Type.Optional(ExportUpload),
  },
  { ...closed, title: 'ExportOutputCreate' },
);
export type ExportOutputCreate = Type.Static<typeof ExportOutputCreate>;

/** When an export begins. */
export const ExportStart = Type.Union(
  [
    Type.Object({ when: Type.Literal('now') }, { ...closed, description: 'As soon as its turn comes' }),
    Type.Object({ at: AskedMoment }, { ...closed, description: 'Not before this moment; one that is over is now' }),
    Type.Object(
      {
        on: Type.Object(
          {
            types: Type.Array(EventType, { minItems: 1, maxItems: 16, uniqueItems: true }),
            task: Type.Optional(TaskId),
            data: Type.Optional(
              Type.Record(
                Type.String({ pattern: '^[A-Za-z]{1,32}$', maxLength: 32 }),
                Type.Union([Type.String({ maxLength: 256 }), Type.Number(), Type.Boolean()]),
                { maxProperties: 8, description: 'Values that its data have, such as { media: "media-0123456789ab" }' },
              ),
            ),
          },
          closed,
        ),
      },
      { ...closed, description: 'At the first such event of the application that comes after the request' },
    ),
  ],
  { title: 'ExportStart' },
);
export type ExportStart = Type.Static<typeof ExportStart>;

const MODES = ['offline', 'real-time'] as const;
export type ExportMode = (typeof MODES)[number];
const mode = oneOf(
  MODES,
  'offline: as fast as it goes, without hardware. real-time: the task is played once, through its hardware, and what is heard is recorded',
);
const Context = Type.Unknown({ description: 'Any JSON of at most 8 KiB, told with the export and its events' });
const loudnessLink = oneOf(
  LOUDNESS_LINKS,
  'Which gain outputs with a loudness target get. each (default): their own. first: that of the first of them. sum: that of their sum, so that stems still add up to the mix',
);
const range = {
  loudnessLink: Type.Optional(loudnessLink),
  fromSeconds: Type.Optional(seconds('First place on the timeline; default 0')),
  toSeconds: Type.Optional(seconds('Last place; default: the end of the task with its tails')),
};

/** POST /v1/exports. */
export const ExportCreate = Type.Object(
  {
    task: TaskId,
    outputs: Type.Array(ExportOutputCreate, { minItems: 1, maxItems: MOST_EXPORT_OUTPUTS }),
    ...range,
    mode: Type.Optional(mode),
    start: Type.Optional(ExportStart),
    context: Type.Optional(Context),
    keepForSeconds: Type.Optional(
      Type.Integer({
        minimum: 60,
        maximum: 31_536_000,
        description: 'Its files are deleted so long after its end; default 604800, 7 days',
      }),
    ),
  },
  { ...closed, title: 'ExportCreate' },
);
export type ExportCreate = Type.Static<typeof ExportCreate>;

const STATES = ['scheduled', 'queued', 'running', 'waiting', 'uploading', 'done', 'failed', 'cancelled'] as const;
export const ExportState = oneOf(
  STATES,
  'scheduled: its time or event is to come. queued: others are before it. waiting: a try failed or hardware is away, the next try follows. The last three are ends',
);
export type ExportState = Type.Static<typeof ExportState>;

const UPLOAD_STATES = ['waiting', 'uploading', 'done', 'failed'] as const;
/** How an upload stands. The URL is told without what is secret in it. */
export const ExportUploadStatus = Type.Object(
  {
    to: Type.String({ maxLength: 4096, description: 'Scheme, host and path of its URL' }),
    state: oneOf(UPLOAD_STATES, 'failed: given up; the file is here'),
    bytes: count('Sent so far in this try'),
    tries: count('Tries that failed'),
    error: Type.Optional(ErrorBody),
  },
  { ...closed, title: 'ExportUploadStatus' },
);
export type ExportUploadStatus = Type.Static<typeof ExportUploadStatus>;

/** One file of an export, as it was asked for, and, once it is whole, what it is. */
export const ExportedOutput = Type.Object(
  {
    name: OutputName,
    sink: OutputSink,
    ...SoundOutput.properties,
    file: Type.Optional(WrittenSound),
    href: Type.String({ maxLength: 256, description: 'Path of the file on this domain' }),
    upload: Type.Optional(ExportUploadStatus),
  },
  { ...closed, title: 'ExportedOutput' },
);
export type ExportedOutput = Type.Static<typeof ExportedOutput>;

/** What ran. */
export const ExportReport = Type.Object(
  {
    engine: EngineId,
    revision: Type.Integer({ minimum: 1, description: 'Of the task, that was rendered' }),
    startedAt: Time,
    endedAt: Time,
    seconds: Type.Number({ minimum: 0, description: 'Of sound' }),
    missedBlocks: count('Of a print in real time: blocks that came too late, so that hardware heard a gap'),
    lostFrames: count('Of a print in real time: frames that were played and not recorded; zeros stand for them'),
    isFaultless: Type.Boolean({ description: 'Nothing was missed or lost, no instance failed' }),
    failed: Type.Array(ErrorBody, {
      maxItems: 1000,
      description: 'Instances that failed; the files are there without them',
    }),
    startedBy: Type.Optional(Type.Integer({ minimum: 1, description: 'Number of the event that began it' })),
  },
  { ...closed, title: 'ExportReport' },
);
export type ExportReport = Type.Static<typeof ExportReport>;

/** An export: what is wanted of it, what is, and what came of it. */
export const Export = Type.Object(
  {
    id: ExportId,
    task: TaskId,
    outputs: Type.Array(ExportedOutput, { minItems: 1, maxItems: MOST_EXPORT_OUTPUTS }),
    ...range,
    mode,
    start: ExportStart,
    desired: oneOf(['done', 'cancelled'] as const, 'What is wanted'),
    state: ExportState,
    frames: count('Rendered or played so far in this try'),
    ofFrames: Type.Optional(Type.Integer({ minimum: 1, description: 'In all, once that is known' })),
    bytes: count('Of its files, once they are whole'),
    retries: count('Tries that failed since the domain started'),
    nextTryAt: Type.Optional(Time),
    error: Type.Optional(ErrorBody),
    context: Type.Optional(Context),
    keepForSeconds: Type.Integer({ minimum: 60 }),
    createdAt: Time,
    endedAt: Type.Optional(Time),
    expiresAt: Type.Optional(
      Type.String({ format: 'date-time', maxLength: 32, description: 'Its files are deleted then, or were' }),
    ),
    isExpired: Type.Optional(Type.Boolean({ description: 'true: its files are gone' })),
    report: Type.Optional(ExportReport),
  },
  { ...closed, title: 'Export' },
);
export type Export = Type.Static<typeof Export>;

export const ExportList = Type.Object({ exports: pageItems(Export), next: Next }, { ...closed, title: 'ExportList' });
export type ExportList = Type.Static<typeof ExportList>;
