import { Type } from 'typebox';
import { DeliveredOfTask } from './delivered.ts';
import { EngineState } from './engines.ts';
import { ErrorBody } from './error-body.ts';
import { GraphEdit, MidiMessage, ParameterChange } from './graph-edit.ts';
import { EngineId, ModelId, Name, TaskId } from './ids.ts';
import { Model, Value } from './model.ts';
import { Next, pageItems } from './page.ts';
import { FixedInstance } from './resources.ts';
import {
  Bus,
  Connection,
  Instance,
  Lane,
  Link,
  MediaSource,
  Notes,
  Sink,
  TASK_PARTS,
  Task,
  type TaskPart,
  Track,
} from './task.ts';
import { TaskState } from './task-state.ts';

/* Bodies of the HTTP routes that are not resources themselves. */

const closed = { additionalProperties: false } as const;
/** Of lists that are answered whole, of what plugin folders hold. */
const MOST = { maxItems: 10_000 } as const;
const Version = Type.String({ maxLength: 64 });

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
    name: Type.Optional(Type.String({ maxLength: 128 })),
    playing: Type.Boolean({ description: 'What is wanted; the state says what is' }),
    state: TaskState.properties.state,
    engine: Type.Optional(EngineId),
  },
  { ...closed, title: 'TaskSummary' },
);
export type TaskSummary = Type.Static<typeof TaskSummary>;

export const TaskList = Type.Object({ tasks: pageItems(TaskSummary), next: Next }, { ...closed, title: 'TaskList' });
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
    delivered: Type.Optional(
      Type.Array(DeliveredOfTask, {
        maxItems: 65_536,
        description: 'What became of each value of a fixed instance; after a moment those on their way are waiting',
      }),
    ),
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
    models: pageItems(Model),
    engines: Type.Record(Type.String(), Type.Array(EngineId, { maxItems: 1024 }), {
      description: 'Which engines offer a model, by `maker:name@1.2.3`',
    }),
    next: Next,
  },
  { ...closed, title: 'ModelList' },
);
export type ModelList = Type.Static<typeof ModelList>;

export const FixedInstanceList = Type.Object(
  { instances: pageItems(FixedInstance), next: Next },
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
    version: Version,
    engines: Type.Record(EngineId, EngineState),
  },
  { ...closed, title: 'Health' },
);
export type Health = Type.Static<typeof Health>;

/** POST /v1/plugins/rescan. */
export const PluginScan = Type.Object(
  {
    models: Type.Array(Type.String({ maxLength: 145, description: 'Id and version, `maker:name@1.2.3`' }), MOST),
    refused: Type.Array(ErrorBody, {
      ...MOST,
      description: 'Packages that cannot be used, and tasks that cannot take a new one',
    }),
  },
  { ...closed, title: 'PluginScan' },
);
export type PluginScan = Type.Static<typeof PluginScan>;

/** What of a task can be changed on its own, by kind. */
export const GraphPartKind = Type.Unsafe<TaskPart>(
  Type.String({ enum: Object.keys(TASK_PARTS), description: 'Kind of a part of a task' }),
);

export const GraphPartValue = Type.Union([MediaSource, Track, Bus, Instance, Connection, Sink, Link, Lane, Notes], {
  title: 'GraphPartValue',
  description: 'A part as its kind wants it, which is the one in the path',
});
export type GraphPartValue = Type.Static<typeof GraphPartValue>;

/** GET, PUT and PATCH /v1/tasks/:id/graph/:part/:name. */
export const GraphPart = Type.Object(
  {
    part: GraphPartKind,
    name: Name,
    revision: Type.Integer({
      minimum: 1,
      description: 'Of the graph when this part was put last; the ETag. Values set live do not raise it',
    }),
    value: GraphPartValue,
  },
  { ...closed, title: 'GraphPart' },
);
export type GraphPart = Type.Static<typeof GraphPart>;

/** GET /v1/tasks/:id/graph/:part. */
export const GraphPartList = Type.Object(
  { parts: pageItems(GraphPart), next: Next },
  { ...closed, title: 'GraphPartList' },
);
export type GraphPartList = Type.Static<typeof GraphPartList>;

/** PATCH /v1/tasks/:id/graph/:part/:name: a JSON merge patch (RFC 7396). */
export const GraphPartPatch = Type.Object(
  {},
  {
    title: 'GraphPartPatch',
    description: 'Members to set; null removes one, objects are merged, lists replaced (RFC 7396)',
  },
);
export type GraphPartPatch = Type.Static<typeof GraphPartPatch>;

/** The values of an instance of a task as they are now: one for each channel or count, those of the host included. */
export const InstanceParameters = Type.Object(
  {
    instance: Name,
    model: ModelId,
    parameters: Type.Record(Name, Type.Array(Value, { maxItems: 256 }), { ...closed, description: 'By parameter id' }),
  },
  { ...closed, title: 'InstanceParameters' },
);
export type InstanceParameters = Type.Static<typeof InstanceParameters>;

/** GET /v1/tasks/:id/parameters. */
export const InstanceParametersList = Type.Object(
  { instances: pageItems(InstanceParameters), next: Next },
  { ...closed, title: 'InstanceParametersList' },
);
export type InstanceParametersList = Type.Static<typeof InstanceParametersList>;
