import { Type } from 'typebox';
import { FixedInstanceId, ModelId, NAME_PATTERN, Name } from './ids.ts';
import { Value } from './model.ts';

/** The longest timeline: ten days. */
export const LONGEST_SECONDS = 864_000;

const closed = { additionalProperties: false } as const;
const seconds = (description: string) => Type.Number({ minimum: 0, maximum: LONGEST_SECONDS, description });
const gainDb = (description: string) => Type.Number({ minimum: -120, maximum: 60, description });
const width = (description: string) => Type.Integer({ minimum: 1, maximum: 64, description });
const named = <T extends Type.TSchema>(schema: T, description: string) =>
  Type.Record(Name, schema, { ...closed, description });

/**
 * Where a piece of media comes from. The path is taken from the task file's folder, or from a media folder of the domain;
 * `media:` and an id are imported media of the application.
 */
export const MediaSource = Type.Object(
  { path: Type.String({ minLength: 1, maxLength: 1024 }) },
  { ...closed, title: 'MediaSource' },
);
export type MediaSource = Type.Static<typeof MediaSource>;

/**
 * A slice of media on the timeline. Frames are round(seconds x sampleRate), so places are sample-exact.
 * Fades are linear in amplitude, and count inside the length.
 */
export const Clip = Type.Object(
  {
    media: Name,
    startSeconds: seconds('Place on the timeline'),
    offsetSeconds: Type.Optional(seconds('Start inside the media; default 0')),
    lengthSeconds: Type.Optional(seconds('Default: to the end of the media')),
    gainDb: Type.Optional(gainDb('Default 0')),
    fadeInSeconds: Type.Optional(seconds('Default 0')),
    fadeOutSeconds: Type.Optional(seconds('Default 0')),
  },
  { ...closed, title: 'Clip' },
);
export type Clip = Type.Static<typeof Clip>;

/** What a track plays as it comes, live alone: what the engine's device hears, or what a client pushes. */
export const LiveSource = Type.Object(
  {
    kind: Type.Unsafe<'device' | 'push'>(
      Type.String({
        enum: ['device', 'push'],
        description: 'Inputs of the device of the engine, or sound that a client pushes into the task',
      }),
    ),
    firstChannel: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 63, description: 'Kind device: its first input channel, from 0; default 0' }),
    ),
    bufferMs: Type.Optional(
      Type.Number({
        minimum: 5,
        maximum: 2000,
        description:
          'Kind push: what is held before it is heard, in ms; default 60. It grows where that was not enough',
      }),
    ),
  },
  { ...closed, title: 'LiveSource' },
);
export type LiveSource = Type.Static<typeof LiveSource>;

/**
 * Clips in time; overlapping ones are added. Output port: `out`. Mono media fills every channel. A live source sounds
 * beside them, wherever the timeline is; offline it is silent.
 */
export const Track = Type.Object(
  {
    name: Type.Optional(Type.String({ maxLength: 64 })),
    channels: width('Channels of the output'),
    clips: Type.Array(Clip, { maxItems: 10000 }),
    source: Type.Optional(LiveSource),
  },
  { ...closed, title: 'Track' },
);
export type Track = Type.Static<typeof Track>;

/** A place where sound is added. Ports: `in`, `out`. */
export const Bus = Type.Object(
  {
    name: Type.Optional(Type.String({ maxLength: 64 })),
    inputChannels: width('Channels of the input'),
    outputChannels: Type.Optional(width('Default: as many as the input')),
    matrix: Type.Optional(
      Type.Array(Type.Array(Type.Number({ minimum: -1000, maximum: 1000 }), { maxItems: 64 }), {
        maxItems: 64,
        description: 'matrix[output][input]: linear gains. Default: input channel i goes to output i modulo outputs',
      }),
    ),
  },
  { ...closed, title: 'Bus' },
);
export type Bus = Type.Static<typeof Bus>;

/** What a plugin wrote as its state (ac_state_save); 1 MiB at most. */
export const InstanceStateBytes = Type.String({
  pattern: '^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$',
  maxLength: 1398104,
  description:
    'What its plugin kept beside its parameters, in base64, as a saved task or preset has it; taken when the instance is made. A plugin that refuses it goes on without',
});

/** One running occurrence of a model. `fixed` names a piece of hardware, `any` takes a free one of the model. */
export const Instance = Type.Object(
  {
    name: Type.Optional(Type.String({ maxLength: 64 })),
    model: ModelId,
    fixed: Type.Optional(Type.Union([FixedInstanceId, Type.Literal('any')])),
    parameters: Type.Optional(
      named(
        Type.Union([Value, Type.Array(Value, { maxItems: 256 })]),
        'Values by parameter id; a list gives one for each channel or count',
      ),
    ),
    widths: Type.Optional(named(width('Channels'), 'Channels by port id; default: those of the model')),
    bypass: Type.Optional(
      Type.Boolean({
        description:
          'The sound of the first input goes by the instance to its first output, latency kept; live: host-bypass',
      }),
    ),
    mix: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 100,
        description:
          'Percent of the instance at its first output, the rest is its first input, as late as the instance; default 100; live: host-mix',
      }),
    ),
    midSide: Type.Optional(
      Type.Boolean({
        description: 'Its first input hears mid (L+R)/2 and side (L-R)/2, its first output is turned back; both 2 wide',
      }),
    ),
    offsetFrames: Type.Optional(
      Type.Integer({
        minimum: -1048576,
        maximum: 1048576,
        description:
          'Its sound comes so many frames later than all that is lined up with it; below 0 earlier, all else waits. For a latency that is declared wrong',
      }),
    ),
    state: Type.Optional(InstanceStateBytes),
    media: Type.Optional(
      named(
        Type.Union([Name, Type.Array(Type.Union([Name, Type.Null()]), { maxItems: 128 })]),
        'Media of the task by slot of the model; a list gives one for each place of a slot that takes several, null for none',
      ),
    ),
    seed: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 0xffffffff, description: 'Of the noise it makes; default 0' }),
    ),
  },
  { ...closed, title: 'Instance' },
);
export type Instance = Type.Static<typeof Instance>;

export const Endpoint = Type.Object(
  {
    node: Name,
    port: Type.Optional(Type.String({ pattern: NAME_PATTERN, maxLength: 64, description: 'Default: the first port' })),
  },
  { ...closed, title: 'Endpoint', description: 'A port of a track, bus, instance or sink' },
);
export type Endpoint = Type.Static<typeof Endpoint>;

/**
 * Sound from one port to another, added to what else arrives there.
 *
 * Without a channel map: equal widths go channel by channel, one channel goes to all, anything else is refused.
 * Pan needs two channels at the destination: from one channel constant power (-3.01 dB in the middle), from two a
 * balance (0 dB in the middle).
 */
export const Connection = Type.Object(
  {
    from: Endpoint,
    to: Endpoint,
    channels: Type.Optional(
      Type.Array(Type.Tuple([Type.Integer({ minimum: 0, maximum: 63 }), Type.Integer({ minimum: 0, maximum: 63 })]), {
        maxItems: 4096,
        description: 'Channel map: pairs of source channel and destination channel',
      }),
    ),
    gainDb: Type.Optional(gainDb('Default 0; -120 is silence')),
    pan: Type.Optional(Type.Number({ minimum: -1, maximum: 1, description: 'Left -1 to right 1; default 0' })),
    offsetFrames: Type.Optional(
      Type.Integer({
        minimum: -1048576,
        maximum: 1048576,
        description:
          'Delay by hand, beside the compensated one; below 0 all else that arrives there waits for it. Not below 0 with feedback',
      }),
    ),
    feedback: Type.Optional(Type.Boolean({ description: 'Closes a loop on purpose, one block late' })),
  },
  { ...closed, title: 'Connection' },
);
export type Connection = Type.Static<typeof Connection>;

/** Where sound leaves the task. Input port: `in`. */
export const Sink = Type.Object(
  {
    name: Type.Optional(Type.String({ maxLength: 64 })),
    kind: Type.Unsafe<'stream' | 'device' | 'media'>(
      Type.String({ enum: ['stream', 'device', 'media'], description: 'To listeners, to a sound card, to a file' }),
    ),
    channels: width('Channels'),
    device: Type.Optional(
      Type.String({ maxLength: 128, description: 'Kind device: its id; default: the one of the engine' }),
    ),
    firstChannel: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 63, description: 'Kind device: first channel used' }),
    ),
    path: Type.Optional(Type.String({ maxLength: 1024, description: 'Kind media: the file' })),
    ceilingDb: Type.Optional(
      Type.Number({
        minimum: -60,
        maximum: 0,
        description: 'True peak in dBTP above which nothing is streamed or played; default -0.1',
      }),
    ),
  },
  { ...closed, title: 'Sink' },
);
export type Sink = Type.Static<typeof Sink>;

/** A parameter that is part of a link. */
export const LinkMember = Type.Object(
  {
    instance: Name,
    parameter: Name,
    index: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 255,
        description: 'Channel or count; default: all of them, which then turn together',
      }),
    ),
    from: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description: 'Knob travel where the link stands at 0; default 0. Above `to`: inverted',
      }),
    ),
    to: Type.Optional(
      Type.Number({ minimum: 0, maximum: 1, description: 'Knob travel where the link stands at 1; default 1' }),
    ),
    curve: Type.Optional(
      Type.Number({
        minimum: 0.1,
        maximum: 10,
        description: 'Travel goes with the link to this power: above 1 slowly at first; default 1',
      }),
    ),
  },
  { ...closed, title: 'LinkMember' },
);
export type LinkMember = Type.Static<typeof LinkMember>;

/**
 * Parameters that turn together: who sets one sets them all, each over its own part of its travel.
 *
 * One member alone, without an index, links the channels of one parameter. Values that a link sets are set like any other:
 * everybody is told of each of them.
 */
export const Link = Type.Object(
  {
    name: Type.Optional(Type.String({ maxLength: 64 })),
    members: Type.Array(LinkMember, { minItems: 1, maxItems: 64 }),
  },
  { ...closed, title: 'Link' },
);
export type Link = Type.Static<typeof Link>;

/**
 * Values of one parameter along the timeline. Before its first point a lane has the value of the first. Frames are
 * round(seconds x sampleRate); of several points at one frame the last one counts.
 */
export const Lane = Type.Object(
  {
    instance: Name,
    parameter: Name,
    index: Type.Optional(Type.Integer({ minimum: 0, maximum: 255, description: 'Channel or count; default: all' })),
    points: Type.Array(
      Type.Object(
        {
          seconds: seconds('Place on the timeline'),
          value: Value,
          curve: Type.Optional(
            Type.Unsafe<'hold' | 'linear'>(
              Type.String({
                enum: ['hold', 'linear'],
                description:
                  'The way to the next point: stay until there (default), or a straight line in the unit of the parameter',
              }),
            ),
          ),
        },
        closed,
      ),
      { minItems: 1, maxItems: 100000, description: 'In any order' },
    ),
  },
  { ...closed, title: 'Lane' },
);
export type Lane = Type.Static<typeof Lane>;

const MidiChannel = Type.Integer({ minimum: 1, maximum: 16 });

/** A MIDI 1 message without System Exclusive: a status byte (0x80 to 0xef) and its data bytes. */
export const MidiBytes = Type.Array(Type.Integer({ minimum: 0, maximum: 255 }), {
  minItems: 2,
  maxItems: 3,
  description: 'Status 128 to 239, then one or two data bytes below 128',
});
export type MidiBytes = Type.Static<typeof MidiBytes>;

/**
 * What an instrument plays along the timeline. Frames are round(seconds x sampleRate). A note ends before the next one of
 * its pitch and channel begins; after a jump of the timeline those that sounded end, and only such as begin later are played.
 * Controllers, programs, pressure and bend are then what they are at that place, as if it had been played up to there.
 */
export const Notes = Type.Object(
  {
    instance: Name,
    port: Type.Optional(
      Type.String({ pattern: NAME_PATTERN, maxLength: 64, description: 'A midi input; default: the first' }),
    ),
    notes: Type.Array(
      Type.Object(
        {
          seconds: seconds('Place on the timeline'),
          lengthSeconds: seconds('Until the key is let go; at least one frame'),
          note: Type.Integer({ minimum: 0, maximum: 127, description: '60 is middle C, 69 is A at 440 Hz' }),
          velocity: Type.Optional(Type.Integer({ minimum: 1, maximum: 127, description: 'Default 100' })),
          channel: Type.Optional(MidiChannel),
        },
        closed,
      ),
      { maxItems: 100000, description: 'In any order' },
    ),
    messages: Type.Optional(
      Type.Array(Type.Object({ seconds: seconds('Place on the timeline'), bytes: MidiBytes }, closed), {
        maxItems: 100000,
        description: 'Controllers, pitch bend, pressure, in any order',
      }),
    ),
  },
  { ...closed, title: 'Notes' },
);
export type Notes = Type.Static<typeof Notes>;

/** A part of the timeline that is played again and again. */
export const Loop = Type.Object(
  { startSeconds: seconds('First frame'), endSeconds: seconds('First frame after it') },
  { ...closed, title: 'Loop' },
);
export type Loop = Type.Static<typeof Loop>;

/**
 * A directed graph of processing instances, as a client writes it.
 *
 * Tracks, buses, instances and sinks are the nodes; their names are unique among all four.
 */
export const Task = Type.Object(
  {
    name: Type.Optional(Type.String({ maxLength: 128 })),
    description: Type.Optional(Type.String({ maxLength: 4096 })),
    sampleRate: Type.Integer({ minimum: 8000, maximum: 192000, description: 'Frames per second' }),
    lengthSeconds: Type.Optional(seconds('End of an offline render; default: the end of the last clip, with tails')),
    loop: Type.Optional(Loop),
    media: Type.Optional(named(MediaSource, 'Media by name')),
    tracks: Type.Optional(named(Track, 'Tracks by name')),
    buses: Type.Optional(named(Bus, 'Buses by name')),
    instances: Type.Optional(named(Instance, 'Instances by name')),
    connections: Type.Optional(named(Connection, 'Connections by name')),
    sinks: Type.Optional(named(Sink, 'Sinks by name; the first one is what is heard and rendered')),
    links: Type.Optional(named(Link, 'Links of parameters by name')),
    lanes: Type.Optional(named(Lane, 'Automation lanes by name')),
    notes: Type.Optional(named(Notes, 'Notes for instruments by name')),
  },
  { ...closed, title: 'Task', description: 'A directed graph of processing instances' },
);
export type Task = Type.Static<typeof Task>;

/** The parts of a task that edits address by name. */
export const TASK_PARTS = {
  media: MediaSource,
  tracks: Track,
  buses: Bus,
  instances: Instance,
  connections: Connection,
  sinks: Sink,
  links: Link,
  lanes: Lane,
  notes: Notes,
} as const;
export type TaskPart = keyof typeof TASK_PARTS;
