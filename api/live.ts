import { Type } from 'typebox';
import { LiveCounters } from './counters.ts';
import { ErrorBody } from './errors.ts';
import { GraphEdit, MidiMessage, ParameterChange } from './graph-edit.ts';
import { Name } from './ids.ts';
import { Recall } from './preset.ts';
import { Task } from './task.ts';
import { Meters, TaskState, TransportChange, TransportState } from './task-state.ts';

const closed = { additionalProperties: false } as const;
const RequestId = Type.Union([Type.String({ minLength: 1, maxLength: 64 }), Type.Integer()], {
  description: 'Chosen by the client; the answer carries it',
});
const request = <N extends string, P extends Type.TProperties>(type: N, properties: P, description: string) =>
  Type.Object({ type: Type.Literal(type), id: RequestId, ...properties }, { ...closed, description });

/** How samples of a stream are written. Little-endian, channels interleaved. */
export const SampleFormat = Type.Unsafe<'s16' | 'f32'>(Type.String({ enum: ['s16', 'f32'] }));
export type SampleFormat = 's16' | 'f32';

/** What a client sends, as JSON text. Each is answered by one `ack` or `error` with its id. */
export const LiveRequest = Type.Union(
  [
    request(
      'set',
      { changes: Type.Array(ParameterChange, { minItems: 1, maxItems: 1024 }) },
      'Changes parameters; the ack carries the frame at which they apply',
    ),
    request(
      'midi',
      { messages: Type.Array(MidiMessage, { minItems: 1, maxItems: 256 }) },
      'Plays MIDI messages on instances while the task plays; the ack carries the frame at which they apply',
    ),
    request('transport', { change: TransportChange }, 'Play, stop, seek, loop'),
    request(
      'edit',
      {
        revision: Type.Optional(Type.Integer({ minimum: 0 })),
        edits: Type.Array(GraphEdit, { minItems: 1, maxItems: 4096 }),
      },
      'Changes the graph as one transaction',
    ),
    request(
      'listen',
      { node: Type.Optional(Name), format: SampleFormat },
      'Starts or changes the audio stream: of a sink, or of any node as it sounds at its first output; default: the first sink. A change fades over',
    ),
    request(
      'record',
      { on: Type.Boolean() },
      'While on, values that anybody sets live while the task plays go into lanes: a touch replaces what comes behind it in the lane. Turned off, the lanes are an edit of the task; the ack carries its revision',
    ),
    request(
      'recall',
      Recall.properties,
      'Brings an instance, or the task, to the values of a preset, at once or on a way of some seconds',
    ),
    request('unlisten', {}, 'Ends the audio stream'),
    request('meters', { on: Type.Boolean() }, 'Turns meters and reports on or off; on at the start'),
    request('counters', { on: Type.Boolean() }, 'Turns counters on or off; off at the start'),
    request(
      'resume',
      { sequence: Type.Integer({ minimum: 0 }) },
      'After a drop: sends the events after this one, or a snapshot when they are gone',
    ),
    request('ping', {}, 'Answered at once'),
  ],
  { title: 'LiveRequest' },
);
export type LiveRequest = Type.Static<typeof LiveRequest>;

const event = <N extends string, P extends Type.TProperties>(type: N, properties: P, description: string) =>
  Type.Object(
    { type: Type.Literal(type), sequence: Type.Integer({ minimum: 1 }), ...properties },
    { ...closed, description },
  );

/** What happened to the task, numbered without gaps; every client of the task gets the same. */
export const LiveEvent = Type.Union(
  [
    event(
      'changed',
      { frame: Type.Union([Type.Integer(), Type.Null()]), changes: Type.Array(ParameterChange) },
      'Parameters changed (by anybody)',
    ),
    event('edited', { revision: Type.Integer(), edits: Type.Array(GraphEdit) }, 'The graph changed'),
    event('state', { state: TaskState }, 'The state of the task changed'),
    event('deleted', {}, 'The task is gone; the socket closes'),
  ],
  { title: 'LiveEvent' },
);
export type LiveEvent = Type.Static<typeof LiveEvent>;

/** What the domain sends, as JSON text. Binary messages are packets (see packet.ts). */
export const LiveMessage = Type.Union(
  [
    Type.Object(
      {
        type: Type.Literal('snapshot'),
        sequence: Type.Integer(),
        revision: Type.Integer(),
        task: Task,
        state: TaskState,
      },
      { ...closed, description: 'First message, and after a resume that came too late' },
    ),
    Type.Object(
      {
        type: Type.Literal('ack'),
        id: RequestId,
        frame: Type.Optional(
          Type.Integer({
            description: 'set, midi: stream frame at which it applies; absent when the task does not run',
          }),
        ),
        revision: Type.Optional(Type.Integer({ description: 'edit: the new revision' })),
        sequence: Type.Optional(Type.Integer()),
      },
      { ...closed, description: 'The request was carried out' },
    ),
    Type.Object(
      { type: Type.Literal('error'), id: Type.Union([RequestId, Type.Null()]), error: ErrorBody },
      { ...closed, description: 'The request was refused; nothing of it was done' },
    ),
    Type.Object(
      { type: Type.Literal('meters'), meters: Meters, transport: TransportState },
      { ...closed, description: 'About 30 times a second while playing' },
    ),
    Type.Object(
      { type: Type.Literal('counters'), counters: LiveCounters },
      { ...closed, description: 'Once a second, to a client that turned them on, while an engine has the task' },
    ),
    ...LiveEvent.anyOf,
  ],
  { title: 'LiveMessage' },
);
export type LiveMessage =
  | { type: 'snapshot'; sequence: number; revision: number; task: Task; state: TaskState }
  | { type: 'ack'; id: string | number; frame?: number; revision?: number; sequence?: number }
  | { type: 'error'; id: string | number | null; error: ErrorBody }
  | { type: 'meters'; meters: Meters; transport: TransportState }
  | { type: 'counters'; counters: LiveCounters }
  | LiveEvent;
