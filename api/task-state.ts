import { Type } from 'typebox';
import { ErrorBody } from './error-body.ts';
import { FixedInstanceId, Name, TaskId } from './ids.ts';
import { LONGEST_SECONDS, Loop } from './task.ts';
import { MOST_WAITING, Waiting } from './waiting.ts';

const closed = { additionalProperties: false } as const;

/** What a client wants of the transport; what is left out stays as it is. */
export const TransportChange = Type.Object(
  {
    play: Type.Optional(Type.Boolean()),
    positionSeconds: Type.Optional(
      Type.Number({ minimum: 0, maximum: LONGEST_SECONDS, description: 'Moves the playhead' }),
    ),
    loop: Type.Optional(Type.Union([Loop, Type.Null()])),
  },
  { ...closed, title: 'TransportChange' },
);
export type TransportChange = Type.Static<typeof TransportChange>;

/** Where a task is. `streamFrame` counts rendered frames since play began; `positionFrames` is the playhead. */
export const TransportState = Type.Object(
  {
    playing: Type.Boolean(),
    sampleRate: Type.Integer(),
    positionFrames: Type.Integer({ minimum: 0 }),
    streamFrame: Type.Integer({ minimum: 0 }),
    playId: Type.Integer({ minimum: 0, description: 'Counts the plays of this task' }),
    loop: Type.Union([Loop, Type.Null()]),
  },
  { ...closed, title: 'TransportState' },
);
export type TransportState = Type.Static<typeof TransportState>;

export const InstanceState = Type.Object(
  {
    state: Type.Unsafe<'running' | 'failed' | 'quarantined' | 'waiting'>(
      Type.String({
        enum: ['running', 'failed', 'quarantined', 'waiting'],
        description:
          'failed: muted, and started again within a second or so. quarantined: muted after three faults within a minute, until an edit puts it again or play begins. waiting: for its device',
      }),
    ),
    faults: Type.Integer({ minimum: 0, description: 'Failures since the task was loaded' }),
    restarts: Type.Integer({ minimum: 0, description: 'How often it was made anew after a failure, its values kept' }),
    nonFinite: Type.Integer({
      minimum: 0,
      description: 'Blocks in which NaN or infinite samples were replaced by zero',
    }),
    latencyFrames: Type.Integer({ minimum: 0 }),
    error: Type.Optional(ErrorBody),
  },
  {
    ...closed,
    title: 'InstanceState',
    description: 'error: why it is muted; of one that runs, what its last failure was since play began',
  },
);
export type InstanceState = Type.Static<typeof InstanceState>;

/** What a client wants of a task; what is of it stands beside it. */
export const TaskWish = Type.Object(
  { revision: Type.Integer({ minimum: 0 }), playing: Type.Boolean() },
  { ...closed, title: 'TaskWish', description: 'What is wanted; it is so as soon as nothing is waited for' },
);
export type TaskWish = Type.Static<typeof TaskWish>;

/** The actual state of a task on its engine; beside it what its domain knows: what is wanted, and why it is not so yet. */
export const TaskState = Type.Object(
  {
    task: TaskId,
    state: Type.Unsafe<'stored' | 'loading' | 'ready' | 'playing' | 'failed'>(
      Type.String({ enum: ['stored', 'loading', 'ready', 'playing', 'failed'] }),
    ),
    revision: Type.Integer({ minimum: 0 }),
    transport: Type.Union([TransportState, Type.Null()]),
    latencyFrames: Type.Integer({ minimum: 0 }),
    blocks: Type.Integer({ minimum: 0, description: 'Rendered since play' }),
    missedBlocks: Type.Integer({ minimum: 0 }),
    instances: Type.Record(Name, InstanceState),
    error: Type.Optional(ErrorBody),
    desired: Type.Optional(TaskWish),
    waitingFor: Type.Optional(
      Type.Array(Waiting, {
        maxItems: MOST_WAITING,
        description: 'All that holds back what is wanted; empty when all is as it is wanted',
      }),
    ),
    fixed: Type.Optional(
      Type.Record(Name, FixedInstanceId, {
        description: 'The units that it has, by instance; the task alone has them while it is to play',
      }),
    ),
  },
  { ...closed, title: 'TaskState' },
);
export type TaskState = Type.Static<typeof TaskState>;

/** Levels since the meters were last sent, one number for each channel. Linear, full scale is 1. */
export const Meter = Type.Object(
  { peak: Type.Array(Type.Number()), rms: Type.Optional(Type.Array(Type.Number())) },
  closed,
);

/**
 * Meters by node, public reports by instance and report (lists of values), at about 30 Hz. Of instances that sleep they
 * come when they fall asleep, then every 10 s: they are what they were.
 */
export const Meters = Type.Object(
  {
    streamFrame: Type.Integer(),
    positionFrames: Type.Integer(),
    meters: Type.Record(Name, Meter),
    reports: Type.Record(Name, Type.Record(Name, Type.Array(Type.Number()))),
  },
  { ...closed, title: 'Meters' },
);
export type Meters = Type.Static<typeof Meters>;
