import { Type } from 'typebox';
import { LiveCounters, SinkGuardCounters } from './counters.ts';
import { DeliveredOfTask } from './delivered.ts';
import { ErrorBody } from './error-body.ts';
import { GraphEdit, MidiMessage, ParameterChange } from './graph-edit.ts';
import { Name } from './ids.ts';
import { Control, Presence, SessionId, TaskPermission } from './presence.ts';
import { IsAdaptive, StreamFrom, StreamHeard, StreamQuality, StreamTold } from './stream-quality.ts';
import { Recall } from './preset.ts';
import { PushedFacts } from './push.ts';
import { Task } from './task.ts';
import { Meters, TaskState, TransportChange, TransportState } from './task-state.ts';

const closed = { additionalProperties: false } as const;
const RequestId = Type.Union([Type.String({ minLength: 1, maxLength: 64 }), Type.Integer()], {
  description: 'Chosen by the client; the answer carries it',
});
const request = <N extends string, P extends Type.TProperties>(type: N, properties: P, description: string) =>
  Type.Object({ type: Type.Literal(type), id: RequestId, ...properties }, { ...closed, description });

const Key = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 128,
    description:
      'Chosen by the client: the same request with the same key within 24 hours has one effect, so that it may be sent again after a drop',
  }),
);

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
    request('transport', { change: TransportChange, key: Key }, 'Play, stop, seek, loop'),
    request(
      'edit',
      {
        revision: Type.Optional(Type.Integer({ minimum: 0 })),
        edits: Type.Array(GraphEdit, { minItems: 1, maxItems: 4096 }),
        key: Key,
      },
      'Changes the graph as one transaction',
    ),
    request(
      'listen',
      {
        node: Type.Optional(Name),
        ...StreamQuality.properties,
        from: Type.Optional(StreamFrom),
        adaptive: Type.Optional(IsAdaptive),
      },
      'Starts or changes the audio stream: of a sink, or of any node as it sounds at its first output; default: the first sink. A change of the node fades over. `stream` messages tell what is sent',
    ),
    request(
      'heard',
      StreamHeard.properties,
      'What of the stream arrived and was heard, about twice a second: with `adaptive` the quality follows it',
    ),
    request(
      'record',
      { on: Type.Boolean(), key: Key },
      'While on, values that anybody sets live while the task plays go into lanes: a touch replaces what comes behind it in the lane. Turned off, the lanes are an edit of the task; the ack carries its revision',
    ),
    request(
      'recall',
      { ...Recall.properties, key: Key },
      'Brings an instance, or the task, to the values of a preset, at once or on a way of some seconds',
    ),
    request('unlisten', {}, 'Ends the audio stream'),
    request(
      'push',
      { track: Name },
      'Binary messages that follow are packets of s16, s24, f32 or opus, for a track whose source is `push`: one client at a time. `pushed` messages tell what becomes of them',
    ),
    request(
      'peer',
      {
        offer: Type.String({
          minLength: 1,
          maxLength: 65_536,
          description:
            'SDP of a connection with one audio section, its candidates gathered; with a data channel, positions and meters of each RTP packet come there: u32 RTP time, then the packet without its payload',
        }),
        node: Type.Optional(Name),
        bitRate: StreamQuality.properties.bitRate,
        packetMs: StreamQuality.properties.packetMs,
      },
      'Opens a WebRTC connection, on which a node is heard as Opus, of up to 2 channels; the ack has the answer. Sound that the client sends there goes where it pushes',
    ),
    request('unpeer', {}, 'Ends the WebRTC connection'),
    request('unpush', {}, 'Ends what is pushed; what has arrived is heard to its end'),
    request('meters', { on: Type.Boolean() }, 'Turns meters and reports on or off; on at the start'),
    request('counters', { on: Type.Boolean() }, 'Turns counters on or off; off at the start'),
    request(
      'resume',
      {
        sequence: Type.Integer({ minimum: 0 }),
        before: Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: 64,
            description:
              'The session of this client before the drop: it is ended, and what it had asked is carried out first, so that its events are among those that are sent',
          }),
        ),
      },
      'After a drop: sends the events after this one, or a snapshot when they are gone',
    ),
    request(
      'present',
      { name: Type.String({ minLength: 1, maxLength: 64 }) },
      'The name under which the others see this client',
    ),
    request(
      'touch',
      {
        ...Control.properties,
        seconds: Type.Number({ minimum: 0, maximum: 30, description: 'How long, unless it is said again; 0: let go' }),
      },
      'A hand on a control, which the others see',
    ),
    request('ping', {}, 'Answered when what came before it is'),
  ],
  { title: 'LiveRequest' },
);
export type LiveRequest = Type.Static<typeof LiveRequest>;

const event = <N extends string, P extends Type.TProperties>(type: N, properties: P, description: string) =>
  Type.Object(
    {
      type: Type.Literal(type),
      sequence: Type.Integer({ minimum: 1 }),
      origin: Type.Optional(SessionId),
      ...properties,
    },
    { ...closed, description },
  );

/**
 * What happened to the task, numbered without gaps; every client of the task gets the same, in the same order. `origin`: the live
 * session that asked for it; absent when it came otherwise. A client that is slow gets `changed` events as one: from `from` to `sequence`, without
 * the values that newer ones replaced.
 */
export const LiveEvent = Type.Union(
  [
    event(
      'changed',
      {
        from: Type.Optional(Type.Integer({ minimum: 1, description: 'Stands for all events from this number on' })),
        frame: Type.Union([Type.Integer(), Type.Null()]),
        changes: Type.Array(ParameterChange),
      },
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
        session: SessionId,
        permissions: Type.Array(TaskPermission, { description: 'What this client may do' }),
        presence: Type.Array(Presence, { description: 'Who has the task open, this client among them' }),
      },
      { ...closed, description: 'First message, and after a resume that came too late' },
    ),
    Type.Object(
      {
        type: Type.Literal('ack'),
        id: RequestId,
        frame: Type.Optional(
          Type.Integer({
            description:
              'set, midi: stream frame at which it applies, or the newer value that took its place; absent when the task does not run',
          }),
        ),
        revision: Type.Optional(Type.Integer({ description: 'edit: the new revision' })),
        delivered: Type.Optional(
          Type.Array(DeliveredOfTask, {
            description:
              'set: what became of each value of a fixed instance; after a moment those on their way are waiting',
          }),
        ),
        sequence: Type.Optional(Type.Integer()),
        answer: Type.Optional(Type.String({ maxLength: 65_536, description: 'peer: the SDP that answers the offer' })),
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
    Type.Object(
      { type: Type.Literal('stream'), ...StreamTold.properties },
      { ...closed, description: 'What is sent from the next packet on, whenever that changes; not numbered' },
    ),
    Type.Object(
      { type: Type.Literal('stream-ended'), node: Name, error: ErrorBody },
      { ...closed, description: 'Nothing more is sent of this node, and why; not numbered' },
    ),
    Type.Object(
      { type: Type.Literal('guard'), guards: SinkGuardCounters },
      { ...closed, description: 'Output guards of the task have acted; at most once a second, not numbered' },
    ),
    Type.Object(
      {
        type: Type.Literal('peer'),
        state: Type.Unsafe<'connected' | 'closed'>(Type.String({ enum: ['connected', 'closed'] })),
        why: Type.Optional(Type.String({ maxLength: 256 })),
      },
      { ...closed, description: 'The WebRTC connection stands, or is over; not numbered' },
    ),
    Type.Object(
      { type: Type.Literal('pushed'), track: Name, pushed: PushedFacts },
      { ...closed, description: 'What becomes of what this client pushes; once a second, not numbered' },
    ),
    Type.Object(
      {
        type: Type.Literal('presence'),
        present: Type.Array(Presence, { description: 'Who came, or is seen otherwise than before' }),
        left: Type.Array(SessionId, { description: 'Who is gone' }),
      },
      { ...closed, description: 'Who has the task open; not numbered, and not sent again after a drop' },
    ),
    ...LiveEvent.anyOf,
  ],
  { title: 'LiveMessage' },
);
export type LiveMessage =
  | {
      type: 'snapshot';
      sequence: number;
      revision: number;
      task: Task;
      state: TaskState;
      session: string;
      permissions: TaskPermission[];
      presence: Presence[];
    }
  | {
      type: 'ack';
      id: string | number;
      frame?: number;
      revision?: number;
      delivered?: DeliveredOfTask[];
      sequence?: number;
      answer?: string;
    }
  | { type: 'error'; id: string | number | null; error: ErrorBody }
  | { type: 'meters'; meters: Meters; transport: TransportState }
  | { type: 'counters'; counters: LiveCounters }
  | ({ type: 'stream' } & StreamTold)
  | { type: 'stream-ended'; node: string; error: ErrorBody }
  | { type: 'guard'; guards: SinkGuardCounters }
  | { type: 'peer'; state: 'connected' | 'closed'; why?: string }
  | { type: 'pushed'; track: string; pushed: PushedFacts }
  | { type: 'presence'; present: Presence[]; left: string[] }
  | LiveEvent;
