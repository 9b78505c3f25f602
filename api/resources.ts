import { Type } from 'typebox';
import { Delivered } from './delivered.ts';
import { ErrorBody } from './error-body.ts';
import { SoundCalibration, SoundChannels } from './fixed-sound.ts';
import { EngineId, FixedInstanceId, ModelId, Name, TaskId } from './ids.ts';
import { Value } from './model.ts';
import { Task } from './task.ts';
import { TaskState } from './task-state.ts';
import { MOST_WAITING, Waiting } from './waiting.ts';

const closed = { additionalProperties: false } as const;

/** A stored task with its revision, as REST gives it; the ETag is the revision. */
export const TaskDocument = Type.Object(
  {
    id: TaskId,
    revision: Type.Integer({ minimum: 1 }),
    task: Task,
    state: TaskState,
    engine: Type.Optional(EngineId),
  },
  { ...closed, title: 'TaskDocument' },
);
export type TaskDocument = Type.Static<typeof TaskDocument>;

/** One outlet of a power distributor: a value of a parameter. */
export const PowerOutlet = Type.Object(
  { parameter: Name, index: Type.Integer({ minimum: 0, maximum: 255 }) },
  { ...closed, title: 'PowerOutlet' },
);
export type PowerOutlet = Type.Static<typeof PowerOutlet>;

/** Where the switched power of a fixed instance is, as its engine measures it by a clock that does not jump. */
export const PowerPhase = Type.Unsafe<'off' | 'powering-up' | 'warming-up' | 'on' | 'cooling-down'>(
  Type.String({ enum: ['off', 'powering-up', 'warming-up', 'on', 'cooling-down'] }),
);
export type PowerPhase = Type.Static<typeof PowerPhase>;

/** A fixed instance as its engine sees it. */
export const FixedInstanceState = Type.Object(
  {
    id: FixedInstanceId,
    model: ModelId,
    adapter: Type.String({ maxLength: 214, description: 'Package or name of the adapter that speaks to it' }),
    state: Type.Unsafe<'disconnected' | 'connecting' | 'ready' | 'faulty'>(
      Type.String({ enum: ['disconnected', 'connecting', 'ready', 'faulty'] }),
    ),
    power: Type.Optional(
      Type.Boolean({ description: 'Whether it has power, as was confirmed; absent: its power is not switched' }),
    ),
    phase: Type.Optional(PowerPhase),
    phaseEndsInMs: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Of warming up and cooling down: how long it lasts still' }),
    ),
    powers: Type.Optional(
      Type.Record(FixedInstanceId, PowerOutlet, { description: 'The instances whose power it switches' }),
    ),
    isLeaseOver: Type.Optional(
      Type.Boolean({ description: 'No domain renewed its lease: it has the safe values of its driver' }),
    ),
    parameters: Type.Record(Name, Type.Array(Value, { maxItems: 256 })),
    reports: Type.Record(Name, Type.Array(Value, { maxItems: 256 })),
    sound: Type.Optional(SoundChannels),
    calibration: Type.Optional(SoundCalibration),
    error: Type.Optional(ErrorBody),
  },
  { ...closed, title: 'FixedInstanceState' },
);
export type FixedInstanceState = Type.Static<typeof FixedInstanceState>;

/** What is wanted of a fixed instance. */
export const FixedInstanceWish = Type.Object(
  {
    power: Type.Boolean(),
    powerUntil: Type.Optional(
      Type.String({
        format: 'date-time',
        maxLength: 32,
        description: 'It is turned off then by itself; ISO 8601, UTC',
      }),
    ),
    parameters: Type.Record(Name, Type.Array(Value, { maxItems: 256 }), { description: 'Those that somebody set' }),
    setBy: Type.Optional(
      Type.String({ maxLength: 256, description: 'Who set them last: `task/ID`, or the request of an administrator' }),
    ),
    heldBy: Type.Optional(
      Type.Object(
        {
          task: Type.Optional(TaskId),
          instance: Type.Optional(Name),
          until: Type.Optional(
            Type.String({
              format: 'date-time',
              maxLength: 32,
              description: 'When it ends, where that is known; ISO 8601, UTC',
            }),
          ),
        },
        {
          ...closed,
          description: 'A task has it: no other gets it meanwhile. Without an id it is of another application',
        },
      ),
    ),
  },
  { ...closed, title: 'FixedInstanceWish' },
);
export type FixedInstanceWish = Type.Static<typeof FixedInstanceWish>;

/** How far a fixed instance is in its life. */
export const LIFE_STATES = [
  'disconnected',
  'connecting',
  'powering-up',
  'warming-up',
  'ready',
  'in-use',
  'cooling-down',
  'off',
  'maintenance',
  'faulty',
] as const;
export type LifeState = (typeof LIFE_STATES)[number];

/** A fixed instance as its domain has it: the engine that reaches it, what that says of it, what is wanted, and why it is not so yet. */
export const FixedInstance = Type.Object(
  {
    ...FixedInstanceState.properties,
    state: Type.Unsafe<LifeState>(
      Type.String({ enum: [...LIFE_STATES], description: 'in-use: a task has it, and may play' }),
    ),
    engine: EngineId,
    desired: FixedInstanceWish,
    waitingFor: Type.Array(Waiting, { maxItems: MOST_WAITING }),
  },
  { ...closed, title: 'FixedInstance' },
);
export type FixedInstance = Type.Static<typeof FixedInstance>;

/** PATCH /v1/instances/:id/parameters: the instance as it is then, and what became of each value. */
export const FixedInstanceSet = Type.Object(
  { ...FixedInstance.properties, delivered: Type.Array(Delivered, { maxItems: 65_536 }) },
  { ...closed, title: 'FixedInstanceSet' },
);
export type FixedInstanceSet = Type.Static<typeof FixedInstanceSet>;
