import { Type } from 'typebox';
import { EngineCounters, Scheduling } from './counters.ts';
import { ErrorBody } from './errors.ts';
import { GraphEdit, MidiMessage, ParameterChange } from './graph-edit.ts';
import { FixedInstanceId, Name, TaskId } from './ids.ts';
import { SampleFormat } from './live.ts';
import { Model, Value } from './model.ts';
import { FixedInstanceState } from './resources.ts';
import { Task } from './task.ts';
import { Meters, TaskState, TransportChange, TransportState } from './task-state.ts';

/*
 * Domain and engine talk over two byte streams (Unix sockets now): control and audio. On both, messages are framed
 * (framing.ts). Control messages are JSON. On the audio stream the domain sends JSON `AudioRequest`s and the engine sends
 * binary messages: u32 stream id, u32 reserved, then a packet (packet.ts).
 */
export const ENGINE_PROTOCOL = 1;

const closed = { additionalProperties: false } as const;
const command = <N extends string, P extends Type.TProperties>(type: N, properties: P, description: string) =>
  Type.Object(
    { type: Type.Literal(type), id: Type.Integer({ minimum: 1 }), ...properties },
    { ...closed, description },
  );

/** What a domain asks of an engine. Each is answered by one `EngineAnswer` with its id. */
export const EngineCommand = Type.Union(
  [
    command('hello', { protocol: Type.Integer() }, 'First command; the answer is EngineFacts'),
    command(
      'lease',
      { seconds: Type.Number({ minimum: 0, maximum: 86400 }) },
      'The engine ends itself when no command came for so long',
    ),
    command(
      'load',
      {
        task: TaskId,
        revision: Type.Integer(),
        graph: Task,
        media: Type.Record(Name, Type.String(), { description: 'Absolute path of each media' }),
      },
      'Loads a task, stopped; replaces one of the same id. Answer: TaskState',
    ),
    command(
      'edit',
      { task: TaskId, revision: Type.Integer(), edits: Type.Array(GraphEdit), media: Type.Record(Name, Type.String()) },
      'Changes the graph as one transaction. Answer: TaskState',
    ),
    command('unload', { task: TaskId }, 'Forgets a task'),
    command('transport', { task: TaskId, change: TransportChange }, 'Answer: TransportState'),
    command(
      'set',
      {
        task: TaskId,
        changes: Type.Array(ParameterChange),
        record: Type.Optional(
          Type.Boolean({ description: 'true: lanes of these parameters are held back until replaced' }),
        ),
      },
      'Answer: { frame, positionFrame } of the stream and of the timeline at which they apply, both null when stopped',
    ),
    command(
      'midi',
      { task: TaskId, messages: Type.Array(MidiMessage) },
      'Plays MIDI messages. Answer: { frame } of the stream at which they apply, null when stopped: then nothing is played',
    ),
    command('state', { task: TaskId }, 'Answer: TaskState'),
    command(
      'save',
      { task: TaskId },
      'Answer: by instance, in base64, what plugins keep beside their parameters; those alone whose models say that there is such',
    ),
    command(
      'set-fixed',
      { instance: FixedInstanceId, parameter: Name, index: Type.Optional(Type.Integer({ minimum: 0 })), value: Value },
      'Sets a parameter of a fixed instance; answered when its bytes are sent',
    ),
    command(
      'power-fixed',
      { instance: FixedInstanceId, on: Type.Boolean() },
      'Switches the power of a fixed instance; answered when it is asked for, its state tells when it is confirmed',
    ),
    command('rescan', {}, 'Reads the plugin folders again. Answer: EngineFacts'),
    command('shutdown', {}, 'Ends the engine'),
  ],
  { title: 'EngineCommand' },
);
export type EngineCommand = Type.Static<typeof EngineCommand>;

export const DeviceFacts = Type.Object(
  {
    id: Type.String(),
    kind: Type.String(),
    sampleRate: Type.Integer(),
    blockFrames: Type.Integer(),
    outputChannels: Type.Integer(),
    state: Type.String(),
    bufferBlocks: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Blocks that the device has in store: so late a block may be' }),
    ),
  },
  closed,
);

/** A thread that must not wait, and what the system gave it: real-time scheduling, a better share, or nothing. */
export const ThreadFacts = Type.Object(
  {
    name: Type.String({ description: 'render 0, watchdog, device, sound system' }),
    scheduling: Scheduling,
  },
  closed,
);
export type ThreadFacts = Type.Static<typeof ThreadFacts>;

/** What an engine is and offers. */
export const EngineFacts = Type.Object(
  {
    engine: Type.String(),
    version: Type.String(),
    protocol: Type.Integer(),
    pid: Type.Integer(),
    node: Type.String(),
    scheduling: Type.String({ description: 'The least that a render thread got: fifo, nice or none' }),
    threads: Type.Array(ThreadFacts),
    device: DeviceFacts,
    models: Type.Array(Model),
    fixed: Type.Array(FixedInstanceState),
    tasks: Type.Array(TaskId),
    refused: Type.Array(ErrorBody, { description: 'Plugins that could not be loaded' }),
  },
  { ...closed, title: 'EngineFacts' },
);
export type EngineFacts = Type.Static<typeof EngineFacts>;

export const EngineAnswer = Type.Union(
  [
    Type.Object({ type: Type.Literal('answer'), id: Type.Integer(), result: Type.Unknown() }, closed),
    Type.Object({ type: Type.Literal('refusal'), id: Type.Integer(), error: ErrorBody }, closed),
  ],
  { title: 'EngineAnswer' },
);
export type EngineAnswer =
  | { type: 'answer'; id: number; result: unknown }
  | { type: 'refusal'; id: number; error: ErrorBody };

/** What an engine says unasked. */
export const EngineEvent = Type.Union(
  [
    Type.Object(
      {
        type: Type.Literal('heartbeat'),
        streamFrame: Type.Integer(),
        load: Type.Number({ description: 'Share of the block time used, 0 to 1' }),
      },
      closed,
    ),
    Type.Object({ type: Type.Literal('state'), state: TaskState }, closed),
    Type.Object({ type: Type.Literal('meters'), task: TaskId, meters: Meters, transport: TransportState }, closed),
    Type.Object({ type: Type.Literal('fixed'), state: FixedInstanceState }, closed),
    Type.Object(
      { type: Type.Literal('counters'), counters: EngineCounters },
      { ...closed, description: 'Once a second' },
    ),
    Type.Object(
      {
        type: Type.Literal('replaced'),
        thread: Type.Integer({ minimum: 0 }),
        task: Type.Optional(TaskId),
        instance: Type.Optional(Name),
      },
      { ...closed, description: 'A render thread was stuck in an instance and was replaced; the instance is muted' },
    ),
  ],
  { title: 'EngineEvent' },
);
export type EngineEvent = Type.Static<typeof EngineEvent>;

/**
 * On the audio stream: start or end a stream of one node, a sink or any other. Packets carry the stream id that the domain
 * chose. A stream that is there fades over to the node asked for.
 */
export const AudioRequest = Type.Union(
  [
    Type.Object(
      {
        type: Type.Literal('listen'),
        stream: Type.Integer({ minimum: 1 }),
        task: TaskId,
        node: Type.Optional(Name),
        format: SampleFormat,
      },
      closed,
    ),
    Type.Object({ type: Type.Literal('unlisten'), stream: Type.Integer({ minimum: 1 }) }, closed),
  ],
  { title: 'AudioRequest' },
);
export type AudioRequest = Type.Static<typeof AudioRequest>;
