import { Type } from 'typebox';
import { ExportOutput, LOUDNESS_LINKS, type LoudnessLink, MOST_EXPORT_OUTPUTS, RenderFormat } from './engine-files.ts';
import { GraphEdit, MidiMessage, ParameterChange } from './graph-edit.ts';
import { EngineJobId, EngineTask, FixedInstanceId, Name } from './ids.ts';
import { InspectLimits } from './media-facts.ts';
import { Value } from './model.ts';
import { LONGEST_SECONDS, Task } from './task.ts';
import { TransportChange } from './task-state.ts';

const closed = { additionalProperties: false } as const;

const command = <N extends string, P extends Type.TProperties>(type: N, properties: P, description: string) =>
  Type.Object(
    { type: Type.Literal(type), id: Type.Integer({ minimum: 1 }), ...properties },
    { ...closed, description },
  );
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
        job: EngineJobId,
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
        job: EngineJobId,
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
        job: EngineJobId,
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
        job: EngineJobId,
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
      { job: EngineJobId },
      'Ends a render, an export, a recording or an inspection. Answered when it has ended, also if it was over or never there',
    ),
    command('rescan', {}, 'Reads the plugin folders again. Answer: EngineFacts'),
    command('shutdown', {}, 'Ends the engine'),
  ],
  { title: 'EngineCommand' },
);
export type EngineCommand = Type.Static<typeof EngineCommand>;
