import { Type } from 'typebox';
import { EngineCounters, Scheduling, SinkGuardCounters } from './counters.ts';
import { DeclaredResources } from './declared-resources.ts';
import { ErrorBody } from './error-body.ts';
import { GraphEdit, MidiMessage, ParameterChange } from './graph-edit.ts';
import { EngineTask, FixedInstanceId, Name } from './ids.ts';
import { InspectLimits } from './media-facts.ts';
import { Model, Value } from './model.ts';
import { FixedInstanceState } from './resources.ts';
import { StreamQuality } from './stream-quality.ts';
import { SoundOutput, WrittenSound } from './sound-output.ts';
import { LONGEST_SECONDS, Task } from './task.ts';
import { PushedFacts } from './push.ts';
import { Meters, TaskState, TransportChange, TransportState } from './task-state.ts';

/*
 * Domain and engine talk over two byte streams (Unix sockets now): control and audio. On both, messages are framed
 * (framing.ts). Control messages are JSON. On the audio stream the domain sends JSON `AudioRequest`s and the engine sends
 * binary messages: u32 stream id, u32 kind (AUDIO_KIND), then a packet (packet/packet.ts) or an AudioNotice as JSON. So does
 * the domain with the packets that are pushed into a track.
 */
export const ENGINE_PROTOCOL = 1;

/**
 * The parts of the protocol that an engine may leave out. It refuses their commands, and what else it cannot do, with
 * ENGINE_UNABLE. `live`: load, check, edit, unload, transport, set, midi, state, save, and the audio stream. `offline`: render, cancel.
 * `push`: sound that is pushed into tracks, on the audio stream.
 * `export`: export, cancel. `record`: record, cancel. `media`: inspect, cancel.
 */
export const ENGINE_ABILITIES = ['live', 'offline', 'push', 'export', 'record', 'media'] as const;
export type EngineAbility = (typeof ENGINE_ABILITIES)[number];

/** How a rendered file is written: WAV with 16 or 24 bits (these may be dithered), or in 32-bit floating point. */
export const RenderFormat = Type.Unsafe<'wav-s16' | 'wav-s24' | 'wav-f32'>(
  Type.String({ enum: ['wav-s16', 'wav-s24', 'wav-f32'] }),
);
export type RenderFormat = Type.Static<typeof RenderFormat>;

export const MOST_EXPORT_OUTPUTS = 64;
/** See `loudnessLink` of the command `export`. */
export const LOUDNESS_LINKS = ['each', 'first', 'sum'] as const;
export type LoudnessLink = (typeof LOUDNESS_LINKS)[number];

const closed = { additionalProperties: false } as const;

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

const command = <N extends string, P extends Type.TProperties>(type: N, properties: P, description: string) =>
  Type.Object(
    { type: Type.Literal(type), id: Type.Integer({ minimum: 1 }), ...properties },
    { ...closed, description },
  );
const JobId = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$',
  description: 'Id of a render or an inspection, chosen by the domain',
});
const seconds = (description: string) => Type.Number({ minimum: 0, maximum: LONGEST_SECONDS, description });

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
        task: EngineTask,
        revision: Type.Integer(),
        graph: Task,
        media: Type.Record(Name, Type.String(), { description: 'Absolute path of each media' }),
      },
      'Loads a task, stopped; replaces one of the same id. Answer: TaskState',
    ),
    command(
      'check',
      {
        task: EngineTask,
        revision: Type.Integer(),
        graph: Task,
        media: Type.Record(Name, Type.String(), { description: 'Absolute path of each media' }),
        isEdit: Type.Optional(
          Type.Boolean({ description: 'true: as an edit that leads to this graph, of the task that is loaded' }),
        ),
      },
      'Answers or refuses as `load` would, admission with its numbers included, and changes nothing. Takes as long as loading',
    ),
    command(
      'edit',
      {
        task: EngineTask,
        revision: Type.Integer(),
        edits: Type.Array(GraphEdit),
        media: Type.Record(Name, Type.String()),
      },
      'Changes the graph as one transaction. Answer: TaskState',
    ),
    command('unload', { task: EngineTask }, 'Forgets a task'),
    command('transport', { task: EngineTask, change: TransportChange }, 'Answer: TransportState'),
    command(
      'set',
      {
        task: EngineTask,
        changes: Type.Array(ParameterChange),
        record: Type.Optional(
          Type.Boolean({ description: 'true: lanes of these parameters are held back until replaced' }),
        ),
      },
      'Answer: { frame, positionFrame } of the stream and of the timeline at which they apply, both null when stopped',
    ),
    command(
      'midi',
      { task: EngineTask, messages: Type.Array(MidiMessage) },
      'Plays MIDI messages. Answer: { frame } of the stream at which they apply, null when stopped: then nothing is played',
    ),
    command('state', { task: EngineTask }, 'Answer: TaskState'),
    command(
      'save',
      { task: EngineTask },
      'Answer: by instance, in base64, what plugins keep beside their parameters; those alone whose models say that there is such',
    ),
    command(
      'set-fixed',
      { instance: FixedInstanceId, parameter: Name, index: Type.Optional(Type.Integer({ minimum: 0 })), value: Value },
      'Sets a parameter of a fixed instance, all its values without an index. Answer, when each is sent, confirmed by the device or replaced by a newer one: FixedOutcomes. Refused when one fails',
    ),
    command(
      'power-fixed',
      { instance: FixedInstanceId, on: Type.Boolean() },
      'Switches the power of a fixed instance; answered when it is asked for, its state tells when it is confirmed',
    ),
    command(
      'lease-fixed',
      { seconds: Type.Number({ minimum: 0, maximum: 3600 }) },
      'All that was set of fixed instances holds for so long; then their adapters send the safe values of their drivers by themselves. Without any lease it holds until the engine ends',
    ),
    command(
      'calibrate-fixed',
      {
        instance: FixedInstanceId,
        levelDb: Type.Optional(
          Type.Number({ minimum: -60, maximum: -3, description: 'Of the ping, in dB of full scale; default -18' }),
        ),
        isLevelKept: Type.Optional(
          Type.Boolean({ description: 'The level of the unit is part of its sound: only the time is compensated' }),
        ),
      },
      'Measures the way of the sound of a fixed instance with a ping of a few seconds, and keeps what it found: tasks that are loaded from then on are compensated by it. Answer: SoundCalibration. A refusal, also CALIBRATION_FAILED, leaves what was known',
    ),
    command(
      'render',
      {
        job: JobId,
        graph: Task,
        media: Type.Record(Name, Type.String(), { description: 'Absolute path of each media' }),
        path: Type.String({
          minLength: 1,
          description: 'Absolute path of the file to write; one that is there is replaced',
        }),
        format: RenderFormat,
        sampleRate: Type.Optional(Type.Integer({ minimum: 8000, maximum: 192000, description: "Default: the task's" })),
        fromSeconds: Type.Optional(seconds('First frame on the timeline; default 0. Instances begin there as new')),
        toSeconds: Type.Optional(seconds('First frame after it; default: the end of the task, with its tails')),
        sink: Type.Optional(Name),
      },
      'Renders a task to a file, its loop not played. The first frame is the timeline at fromSeconds: latency is cut off. ' +
        'Answer, when the file is complete: RenderedFile. A refusal, also RENDER_CANCELLED, leaves no file, and one that was there as it was',
    ),
    command(
      'record',
      {
        job: JobId,
        task: EngineTask,
        outputs: Type.Array(ExportOutput, { minItems: 1, maxItems: MOST_EXPORT_OUTPUTS }),
        fromSeconds: Type.Optional(seconds('First frame on the timeline; default 0')),
        toSeconds: Type.Optional(seconds('First frame after it; default: the end of the task, with its tails')),
        loudnessLink: Type.Optional(
          Type.Unsafe<LoudnessLink>(Type.String({ enum: [...LOUDNESS_LINKS], description: 'As of `export`' })),
        ),
      },
      'Records what sinks of a loaded task give while it plays, from the frame at fromSeconds of the next play to toSeconds, and writes that to files meanwhile, as `export` does. The recorder hears as soon as ' +
        'a first `progress` of the job, with 0 frames, is told: have the task play only after that. Ended by `cancel`. Answer, when the files are complete: RecordedFiles. A refusal leaves no file: ' +
        'RENDER_CANCELLED, EXPORT_INTERRUPTED when the task stops, jumps or is unloaded before the end',
    ),
    command(
      'export',
      {
        job: JobId,
        graph: Task,
        media: Type.Record(Name, Type.String(), { description: 'Absolute path of each media' }),
        outputs: Type.Array(ExportOutput, { minItems: 1, maxItems: MOST_EXPORT_OUTPUTS }),
        isRealtime: Type.Optional(
          Type.Boolean({
            description:
              'true: played as the device plays it, through fixed instances, at the rate of the device; one at a time. Default: faster than real time, without hardware',
          }),
        ),
        sampleRate: Type.Optional(
          Type.Integer({
            minimum: 8000,
            maximum: 192000,
            description:
              "At which the graph is rendered, once for all outputs; default: the task's. Not with isRealtime",
          }),
        ),
        fromSeconds: Type.Optional(seconds('First frame on the timeline; default 0. Instances begin there as new')),
        toSeconds: Type.Optional(seconds('First frame after it; default: the end of the task, with its tails')),
        loudnessLink: Type.Optional(
          Type.Unsafe<LoudnessLink>(
            Type.String({
              enum: [...LOUDNESS_LINKS],
              description:
                'Which gain outputs with a loudness target get. each (default): their own. first: all that of the first of them. sum: all that of their sum, which has to have one number of channels: so stems still add up to the mix, and that is as loud as wanted',
            }),
          ),
        ),
      },
      'Renders a task to one or several files at once, each in a format of its own. The first frame is the timeline at fromSeconds: ' +
        'latency is cut off. Answer, when all files are complete: ExportedFiles. A refusal, also RENDER_CANCELLED, leaves no file, and ' +
        'those that were there as they were',
    ),
    command(
      'inspect',
      {
        job: JobId,
        path: Type.String({ minLength: 1, maxLength: 4096, description: 'Absolute path of the file to look into' }),
        peaksPath: Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: 4096,
            description:
              'Absolute path for the peaks (docs/media-formats.md), written while decoding; one that is there is replaced',
          }),
        ),
        limits: Type.Optional(InspectLimits),
      },
      'Decodes a whole file in a process of its own, and says what it is. Answer: MediaFacts. ' +
        'A refusal (MEDIA_MISSING, MEDIA_UNSUPPORTED, MEDIA_DAMAGED, TOO_LARGE, RENDER_CANCELLED) leaves no peaks',
    ),
    command(
      'cancel',
      { job: JobId },
      'Ends a render, an export, a recording or an inspection. Answered when it has ended, also if it was over or never there',
    ),
    command('rescan', {}, 'Reads the plugin folders again. Answer: EngineFacts'),
    command('shutdown', {}, 'Ends the engine'),
  ],
  { title: 'EngineCommand' },
);
export type EngineCommand = Type.Static<typeof EngineCommand>;

export const DeviceFacts = Type.Object(
  {
    id: Type.String({ maxLength: 512 }),
    kind: Type.String({ maxLength: 64 }),
    sampleRate: Type.Integer(),
    blockFrames: Type.Integer(),
    outputChannels: Type.Integer(),
    inputChannels: Type.Optional(Type.Integer({ minimum: 1, description: 'Absent: it hears nothing' })),
    inputDelayFrames: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: 'What it adds to every round trip by itself, so that it is always the same',
      }),
    ),
    state: Type.String({ maxLength: 64 }),
    bufferBlocks: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Blocks that the device has in store: so late a block may be' }),
    ),
  },
  { ...closed, title: 'DeviceFacts' },
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

/** What became of the values that were to be set, in their order. */
export const FixedOutcomes = Type.Object(
  {
    outcomes: Type.Array(
      Type.Unsafe<'sent' | 'confirmed' | 'replaced'>(Type.String({ enum: ['sent', 'confirmed', 'replaced'] })),
      { minItems: 1, maxItems: 256 },
    ),
  },
  { ...closed, title: 'FixedOutcomes' },
);
export type FixedOutcomes = Type.Static<typeof FixedOutcomes>;

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

/** What an engine is and offers. */
export const EngineFacts = Type.Object(
  {
    engine: Type.String(),
    version: Type.String(),
    protocol: Type.Integer(),
    abilities: Type.Optional(
      Type.Array(Type.Unsafe<EngineAbility>(Type.String({ enum: [...ENGINE_ABILITIES] })), {
        description: 'The parts of the protocol that it has; default: live alone',
      }),
    ),
    pid: Type.Integer(),
    node: Type.String(),
    scheduling: Type.String({ description: 'The least that a render thread got: fifo, nice or none' }),
    threads: Type.Array(ThreadFacts),
    device: DeviceFacts,
    models: Type.Array(Model),
    fixed: Type.Array(FixedInstanceState),
    tasks: Type.Array(EngineTask),
    refused: Type.Array(ErrorBody, { description: 'Plugins that could not be loaded' }),
    resources: Type.Optional(DeclaredResources),
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

/**
 * `details` of an ENGINE_FULL with which admission refuses: what each thread has to give, and who plays there, with what it claims.
 *
 * Only here an error names tasks other than the one that it is about. Its message goes to the client of that one, who may not
 * know of the others.
 */
export const EngineFullDetails = Type.Object({
  task: EngineTask,
  thread: Type.Integer({ minimum: 0, description: 'The roomiest: index in threads' }),
  threads: Type.Array(
    Type.Object({
      name: Type.String(),
      claimed: Type.Number(),
      beyond: Type.Number(),
      free: Type.Number(),
      tasks: Type.Record(EngineTask, Type.Number()),
    }),
  ),
  needed: Type.Number(),
  free: Type.Number(),
  limit: Type.Number(),
  waking: Type.Number(),
  spread: Type.Number(),
});
export type EngineFullDetails = Type.Static<typeof EngineFullDetails>;

/** The state of a task as its engine tells it: under the name that the task has there. */
const EngineTaskState = Type.Object({ ...TaskState.properties, task: EngineTask }, closed);

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
    Type.Object({ type: Type.Literal('state'), state: EngineTaskState }, closed),
    Type.Object({ type: Type.Literal('meters'), task: EngineTask, meters: Meters, transport: TransportState }, closed),
    Type.Object({ type: Type.Literal('fixed'), state: FixedInstanceState }, closed),
    Type.Object(
      { type: Type.Literal('counters'), counters: EngineCounters },
      { ...closed, description: 'Once a second' },
    ),
    Type.Object(
      {
        type: Type.Literal('progress'),
        job: JobId,
        frames: Type.Integer({ minimum: 0 }),
        ofFrames: Type.Integer({ minimum: 1 }),
        bytes: Type.Optional(
          Type.Array(Type.Integer({ minimum: 0 }), {
            maxItems: MOST_EXPORT_OUTPUTS,
            description:
              'Of an export or a recording: how many bytes of the growing file of each output are there. They stay as they are, but for `rewrittenBytes` of its format (OUTPUT_FORMAT_FACTS)',
          }),
        ),
      },
      {
        ...closed,
        description:
          'Of a render, an export, a recording or an inspection, a few times a second and at its end; frames never become fewer. Those of an export count all its passes: with a loudness target the sound is measured first. Those of a recording are recorded. Of a file whose length is not known before it is decoded, bytes are counted instead',
      },
    ),
    Type.Object(
      {
        type: Type.Literal('replaced'),
        thread: Type.Integer({ minimum: 0 }),
        task: Type.Optional(EngineTask),
        instance: Type.Optional(Name),
      },
      { ...closed, description: 'A render thread was stuck in an instance and was replaced; the instance is muted' },
    ),
    Type.Object(
      { type: Type.Literal('guard'), task: EngineTask, guards: SinkGuardCounters },
      {
        ...closed,
        description: 'Output guards of a task have acted; at most once a second, each time with all counts',
      },
    ),
    Type.Object(
      { type: Type.Literal('pushed'), task: EngineTask, track: Name, pushed: PushedFacts },
      { ...closed, description: 'Of each track that sound is pushed into, once a second' },
    ),
  ],
  { title: 'EngineEvent' },
);
export type EngineEvent = Type.Static<typeof EngineEvent>;

/** Before what an engine sends on the audio stream: u32 stream id, u32 kind. */
export const AUDIO_HEAD_BYTES = 8;
export const AUDIO_KIND = { packet: 0, notice: 1 } as const;

/** What an engine says of a stream, between its packets. */
export const AudioNotice = Type.Union(
  [
    Type.Object(
      {
        type: Type.Literal('joined'),
        token: Type.Optional(
          Type.Integer({ minimum: 0, maximum: 0xffff_ffff, description: 'Of the request that this is about' }),
        ),
        sampleRate: Type.Integer({ minimum: 1, maximum: 768_000, description: 'Of the packets' }),
        channels: Type.Integer({ minimum: 1, maximum: 32 }),
      },
      {
        ...closed,
        description: 'What was asked for is sent from here on, as to all who listen to the same: what fades is over',
      },
    ),
    Type.Object(
      {
        type: Type.Literal('refused'),
        token: Type.Optional(
          Type.Integer({ minimum: 0, maximum: 0xffff_ffff, description: 'Of the request that this is about' }),
        ),
        error: ErrorBody,
      },
      { ...closed, description: 'The stream has ended: it cannot be sent so' },
    ),
  ],
  { title: 'AudioNotice' },
);
export type AudioNotice = Type.Static<typeof AudioNotice>;

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
        task: EngineTask,
        node: Type.Optional(Name),
        ...StreamQuality.properties,
        token: Type.Optional(
          Type.Integer({
            minimum: 0,
            maximum: 0xffff_ffff,
            description: 'Chosen by the domain: notices about it carry it',
          }),
        ),
      },
      closed,
    ),
    Type.Object({ type: Type.Literal('unlisten'), stream: Type.Integer({ minimum: 1 }) }, closed),
    Type.Object(
      { type: Type.Literal('push'), stream: Type.Integer({ minimum: 1 }), task: EngineTask, track: Name },
      { ...closed, description: 'Packets of this stream follow, for a track with a pushed source' },
    ),
    Type.Object({ type: Type.Literal('unpush'), stream: Type.Integer({ minimum: 1 }) }, closed),
  ],
  { title: 'AudioRequest' },
);
export type AudioRequest = Type.Static<typeof AudioRequest>;
