import { Type } from 'typebox';
import { EngineState, EngineStatus } from './engines.ts';
import { ErrorBody } from './errors.ts';
import { GraphEdit, MidiMessage, ParameterChange } from './graph-edit.ts';
import { EngineId, Name, TaskId } from './ids.ts';
import { Model, Value } from './model.ts';
import { FixedInstance } from './resources.ts';
import { Task } from './task.ts';
import { TaskState } from './task-state.ts';

/* Bodies of the HTTP routes that are not resources themselves. */

const closed = { additionalProperties: false } as const;

/** POST /v1/tasks. */
export const TaskCreate = Type.Object(
  { id: Type.Optional(TaskId), task: Task },
  { ...closed, title: 'TaskCreate', description: 'Without an id the domain chooses one' },
);
export type TaskCreate = Type.Static<typeof TaskCreate>;

export const TaskSummary = Type.Object(
  {
    id: TaskId,
    revision: Type.Integer({ minimum: 1 }),
    name: Type.Optional(Type.String()),
    playing: Type.Boolean({ description: 'What is wanted; the state says what is' }),
    state: TaskState.properties.state,
    engine: Type.Optional(EngineId),
  },
  { ...closed, title: 'TaskSummary' },
);
export type TaskSummary = Type.Static<typeof TaskSummary>;

export const TaskList = Type.Object({ tasks: Type.Array(TaskSummary) }, { ...closed, title: 'TaskList' });
export type TaskList = Type.Static<typeof TaskList>;

/** POST /v1/tasks/:id/edits. */
export const TaskEdits = Type.Object(
  { edits: Type.Array(GraphEdit, { minItems: 1, maxItems: 4096 }) },
  { ...closed, title: 'TaskEdits' },
);
export type TaskEdits = Type.Static<typeof TaskEdits>;

/** PATCH /v1/tasks/:id/parameters. */
export const ParameterChanges = Type.Object(
  { changes: Type.Array(ParameterChange, { minItems: 1, maxItems: 1024 }) },
  { ...closed, title: 'ParameterChanges' },
);
export type ParameterChanges = Type.Static<typeof ParameterChanges>;

export const ParametersApplied = Type.Object(
  {
    frame: Type.Union([Type.Integer(), Type.Null()], {
      description: 'Stream frame at which the values apply; null when the task does not run',
    }),
    sequence: Type.Integer({ description: 'Number of the `changed` event that live clients get' }),
  },
  { ...closed, title: 'ParametersApplied' },
);
export type ParametersApplied = Type.Static<typeof ParametersApplied>;

/** POST /v1/tasks/:id/midi. */
export const MidiMessages = Type.Object(
  { messages: Type.Array(MidiMessage, { minItems: 1, maxItems: 256 }) },
  { ...closed, title: 'MidiMessages' },
);
export type MidiMessages = Type.Static<typeof MidiMessages>;

export const MidiPlayed = Type.Object(
  {
    frame: Type.Union([Type.Integer(), Type.Null()], {
      description: 'Stream frame at which the messages apply; null when the task does not run: then nothing is played',
    }),
  },
  { ...closed, title: 'MidiPlayed' },
);
export type MidiPlayed = Type.Static<typeof MidiPlayed>;

/** PATCH /v1/instances/:id/parameters. */
export const FixedChanges = Type.Object(
  {
    changes: Type.Array(
      Type.Object(
        { parameter: Name, index: Type.Optional(Type.Integer({ minimum: 0, maximum: 255 })), value: Value },
        closed,
      ),
      { minItems: 1, maxItems: 256 },
    ),
  },
  { ...closed, title: 'FixedChanges' },
);
export type FixedChanges = Type.Static<typeof FixedChanges>;

export const ModelList = Type.Object(
  {
    models: Type.Array(Model),
    engines: Type.Record(Type.String(), Type.Array(EngineId), {
      description: 'Which engines offer a model, by `maker:name@1.2.3`',
    }),
  },
  { ...closed, title: 'ModelList' },
);
export type ModelList = Type.Static<typeof ModelList>;

export const FixedInstanceList = Type.Object(
  { instances: Type.Array(FixedInstance) },
  { ...closed, title: 'FixedInstanceList' },
);
export type FixedInstanceList = Type.Static<typeof FixedInstanceList>;

/** GET /v1/ready; what hinders it is an error with `reasons` among its details. */
export const Readiness = Type.Object({ ready: Type.Literal(true) }, { ...closed, title: 'Readiness' });
export type Readiness = Type.Static<typeof Readiness>;

/** GET /health. */
export const Health = Type.Object(
  {
    status: Type.Unsafe<'ok' | 'degraded'>(Type.String({ enum: ['ok', 'degraded'] })),
    version: Type.String(),
    engine: EngineStatus,
    engines: Type.Record(EngineId, EngineState, { description: 'All of them; `engine` is the embedded one' }),
  },
  { ...closed, title: 'Health' },
);
export type Health = Type.Static<typeof Health>;

/** POST /v1/plugins/rescan. */
export const PluginScan = Type.Object(
  {
    models: Type.Array(Type.String({ description: 'Id and version, `maker:name@1.2.3`' })),
    refused: Type.Array(ErrorBody, {
      description: 'Packages that cannot be used, and tasks that cannot take a new one',
    }),
  },
  { ...closed, title: 'PluginScan' },
);
export type PluginScan = Type.Static<typeof PluginScan>;
