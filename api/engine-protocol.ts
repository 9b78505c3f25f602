import { Type } from 'typebox';
import { EngineCounters, SinkGuardCounters } from './counters.ts';
import { ErrorBody } from './error-body.ts';
import { ExportOutput, LOUDNESS_LINKS, type LoudnessLink, MOST_EXPORT_OUTPUTS, RenderFormat } from './engine-files.ts';
import { GraphEdit, MidiMessage, ParameterChange } from './graph-edit.ts';
import { EngineTask, FixedInstanceId, Name } from './ids.ts';
import { InspectLimits } from './media-facts.ts';
import { Value } from './model.ts';
import { FixedInstanceState } from './resources.ts';
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

const closed = { additionalProperties: false } as const;

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
