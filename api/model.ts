import { Type } from 'typebox';
import { DeclaredResources } from './declared-resources.ts';
import { ModelId, Name } from './ids.ts';

const closed = { additionalProperties: false } as const;
const oneOf = <const V extends readonly string[]>(values: V, description?: string) =>
  Type.Unsafe<V[number]>(Type.String({ enum: [...values], ...(description ? { description } : {}) }));

/** Units of parameters and reports, spelt one way. `none` is a plain number, `ratio` is n:1. */
export const UNITS = [
  'none',
  'dB',
  'dBFS',
  'dBu',
  'LUFS',
  'LU',
  'dBTP',
  'Hz',
  'bpm',
  '%',
  'oct',
  'semitones',
  'cents',
  'ratio',
  'degrees',
  'ms',
  's',
  'min',
  'frames',
  'toggle',
  'V',
  'A',
  'W',
  'Wh',
  '°C',
] as const;
export const Unit = oneOf(UNITS);
export type Unit = Type.Static<typeof Unit>;

/** What a parameter or report is for, so that any page can draw any device. */
export const ROLES = [
  'generic',
  'bypass',
  'mute',
  'level',
  'input-level',
  'output-level',
  'pan',
  'mix',
  'width',
  'frequency',
  'gain',
  'q',
  'slope',
  'shape',
  'type',
  'threshold',
  'ratio',
  'attack',
  'release',
  'hold',
  'knee',
  'range',
  'lookahead',
  'amount',
  'drive',
  'time',
  'feedback',
  'rate',
  'depth',
  'tempo',
  'pitch',
  'polarity',
  'phantom',
  'pad',
  'link',
  'assign',
  'power',
  'current',
  'energy',
  'power-factor',
  'temperature',
  'meter',
  'gain-reduction',
  'loudness',
  'clip',
  'play-state',
  'position',
  'spectrum',
  'tuning',
  'correlation',
] as const;
export const Role = oneOf(ROLES);

/** What kind of thing a model is; the page groups and draws by it. */
export const CATEGORIES = [
  'amplifier',
  'filter',
  'equalizer',
  'dynamics',
  'delay',
  'reverb',
  'modulation',
  'distortion',
  'pitch',
  'spatial',
  'generator',
  'instrument',
  'meter',
  'mixer',
  'recorder',
  'power',
  'tool',
] as const;

/** Abilities that change how the system handles an instance. */
export const CAPABILITIES = ['router', 'mixer', 'power-distributor', 'digital-io', 'media-transport'] as const;

/** One value: a number in the model's unit, a boolean for a toggle, a number or a word for a list. */
export const Value = Type.Union([Type.Number(), Type.String({ maxLength: 64 }), Type.Boolean()]);
export type Value = Type.Static<typeof Value>;

const Continuous = Type.Object(
  { kind: Type.Literal('continuous'), min: Type.Number(), max: Type.Number() },
  { ...closed, description: 'Any number from min to max' },
);
const Stepped = Type.Object(
  { kind: Type.Literal('stepped'), min: Type.Number(), max: Type.Number(), step: Type.Number({ exclusiveMinimum: 0 }) },
  { ...closed, description: 'min, min + step, ... up to max' },
);
const ListRange = Type.Object(
  {
    kind: Type.Literal('list'),
    values: Type.Array(
      Type.Object(
        {
          value: Type.Union([Type.Number(), Type.String({ minLength: 1, maxLength: 64 })]),
          label: Type.Optional(Type.String({ maxLength: 64 })),
        },
        closed,
      ),
      { minItems: 1, maxItems: 4096, description: 'Switch positions; words and numbers may be mixed' },
    ),
  },
  closed,
);
const Toggle = Type.Object({ kind: Type.Literal('toggle') }, { ...closed, description: 'false or true' });

export const Range = Type.Union([Continuous, Stepped, ListRange, Toggle]);
export type Range = Type.Static<typeof Range>;

/** How many values a parameter or report has. Channel scopes follow the width of the port named (default: the first). */
export const Scope = Type.Union([
  Type.Object({ kind: Type.Literal('global') }, closed),
  Type.Object({ kind: Type.Literal('input-channel'), port: Type.Optional(Name) }, closed),
  Type.Object({ kind: Type.Literal('output-channel'), port: Type.Optional(Name) }, closed),
  Type.Object({ kind: Type.Literal('count'), count: Type.Integer({ minimum: 1, maximum: 256 }) }, closed),
]);
export type Scope = Type.Static<typeof Scope>;

/** How knob travel maps to the range: linear, equal ratios (log), even dB with -min as silence (db), or drawn points. */
export const Taper = Type.Union([
  oneOf(['linear', 'log', 'db']),
  Type.Object(
    {
      points: Type.Array(Type.Tuple([Type.Number({ minimum: 0, maximum: 1 }), Type.Number()]), {
        minItems: 2,
        maxItems: 64,
        description: 'Pairs of travel (0 to 1, rising) and value (rising), joined by straight lines',
      }),
    },
    closed,
  ),
]);
export type Taper = Type.Static<typeof Taper>;

export const Parameter = Type.Object(
  {
    id: Name,
    name: Type.String({ minLength: 1, maxLength: 64 }),
    description: Type.Optional(Type.String({ maxLength: 1024 })),
    unit: Unit,
    range: Range,
    default: Type.Union([Value, Type.Array(Value, { minItems: 1, maxItems: 256 })], {
      description: 'One value for all, or one for each; a new instance sounds neutral',
    }),
    scope: Type.Optional(Scope),
    taper: Type.Optional(Taper),
    role: Type.Optional(Role),
    group: Type.Optional(Type.String({ maxLength: 64, description: 'Controls of one group are drawn together' })),
    decimals: Type.Optional(Type.Integer({ minimum: 0, maximum: 6, description: 'Digits after the point in texts' })),
    link: Type.Optional(Type.Boolean({ description: 'Values of several channels may be linked' })),
    latched: Type.Optional(
      Type.Boolean({ description: 'Taken when the instance is activated; a change activates it anew' }),
    ),
  },
  closed,
);
export type Parameter = Type.Static<typeof Parameter>;

export const Report = Type.Object(
  {
    id: Name,
    name: Type.String({ minLength: 1, maxLength: 64 }),
    description: Type.Optional(Type.String({ maxLength: 1024 })),
    unit: Unit,
    range: Range,
    scope: Type.Optional(Scope),
    role: Type.Optional(Role),
    group: Type.Optional(Type.String({ maxLength: 64 })),
    public: Type.Optional(Type.Boolean({ description: 'false: never sent to clients of a task; default true' })),
    volatile: Type.Optional(
      Type.Boolean({ description: 'true: changes all the time, is sent with the meters and never stored' }),
    ),
  },
  closed,
);
export type Report = Type.Static<typeof Report>;

export const Port = Type.Object(
  {
    id: Name,
    name: Type.Optional(Type.String({ maxLength: 64 })),
    kind: oneOf(['audio', 'midi'], 'midi ports carry events, and have no channels'),
    role: Type.Optional(oneOf(['main', 'sidechain', 'send', 'return', 'auxiliary'])),
    channels: Type.Optional(
      Type.Object(
        {
          min: Type.Integer({ minimum: 1, maximum: 64 }),
          max: Type.Integer({ minimum: 1, maximum: 64 }),
          default: Type.Integer({ minimum: 1, maximum: 64 }),
          as: Type.Optional(
            Type.String({ maxLength: 64, description: 'As wide as this other port (id) of the model' }),
          ),
        },
        { ...closed, description: 'Audio ports: the widths that the model takes' },
      ),
    ),
  },
  closed,
);
export type Port = Type.Static<typeof Port>;

/** A place where an instance takes media: an impulse response, a sample. */
export const MediaSlot = Type.Object(
  {
    id: Name,
    name: Type.String({ minLength: 1, maxLength: 64 }),
    description: Type.Optional(Type.String({ maxLength: 1024 })),
    count: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 128, description: 'Pieces of media that it takes; default 1' }),
    ),
    maxSeconds: Type.Number({ exclusiveMinimum: 0, maximum: 3600, description: 'Longest piece that it takes' }),
    maxChannels: Type.Integer({ minimum: 1, maximum: 64 }),
  },
  { ...closed, description: 'Media for an instance: the task says which (`media` of the instance)' },
);
export type MediaSlot = Type.Static<typeof MediaSlot>;

/** Values of an instance by parameter id; a list gives one for each channel or count. */
export const PresetValues = Type.Record(Name, Type.Union([Value, Type.Array(Value, { minItems: 1, maxItems: 256 })]), {
  ...closed,
  description: 'Values by parameter id; a list gives one for each channel or count',
});
export type PresetValues = Type.Static<typeof PresetValues>;

/** A preset that comes with a model. */
export const FactoryPreset = Type.Object(
  {
    id: Name,
    name: Type.String({ minLength: 1, maxLength: 64 }),
    description: Type.Optional(Type.String({ maxLength: 1024 })),
    parameters: PresetValues,
  },
  { ...closed, description: 'Parameters that it does not name have their default' },
);
export type FactoryPreset = Type.Static<typeof FactoryPreset>;

const VERSION_PATTERN = '^[0-9]{1,5}\\.[0-9]{1,5}\\.[0-9]{1,5}$';
const Conversion = Type.Union([
  Type.Object(
    { multiply: Type.Optional(Type.Number()), add: Type.Optional(Type.Number()) },
    { ...closed, description: 'The number becomes number x multiply + add' },
  ),
  Type.Object(
    { values: Type.Array(Type.Tuple([Value, Value]), { minItems: 1, maxItems: 4096 }) },
    { ...closed, description: 'Pairs of value before and value now; others stay' },
  ),
]);

/** What becomes of values that were saved with an older version of a model, so that they sound as before. */
export const UpgradeStep = Type.Object(
  {
    to: Type.String({
      pattern: VERSION_PATTERN,
      maxLength: 17,
      description: 'For values of any version before this one',
    }),
    remove: Type.Optional(Type.Array(Name, { maxItems: 1024, description: 'Parameters that are no more' })),
    rename: Type.Optional(Type.Record(Name, Name, { ...closed, description: 'Parameter before: parameter now' })),
    convert: Type.Optional(Type.Record(Name, Conversion, { ...closed, description: 'By the parameter as it is now' })),
    set: Type.Optional(PresetValues),
  },
  { ...closed, description: 'First what is removed, then renamed, then converted; `set` where nothing was saved' },
);
export type UpgradeStep = Type.Static<typeof UpgradeStep>;

/** How a medium such as tape is moved, and what tells where it is. */
export const MediaTransport = Type.Object(
  {
    parameter: Type.Unsafe<string>({ ...Name, description: 'A list, whose values stop, run and rewind are' }),
    stop: Value,
    run: Type.Unsafe<Value>({ ...Value, description: 'Runs while a task plays' }),
    rewind: Type.Unsafe<Value>({ ...Value, description: 'Goes to the start, and stops there' }),
    position: Type.Unsafe<string>({ ...Name, description: 'The report that tells the position in s' }),
    state: Type.Unsafe<string>({ ...Name, description: 'The report that tells what it does' }),
    idle: Type.Unsafe<Value>({ ...Value, description: 'Of that report: it stands' }),
    running: Type.Unsafe<Value>({ ...Value, description: 'Of that report: it runs' }),
    rewindSeconds: Type.Optional(
      Type.Number({ minimum: 0, maximum: 86_400, description: 'From end to start; tells how long to wait' }),
    ),
  },
  { ...closed, title: 'MediaTransport' },
);
export type MediaTransport = Type.Static<typeof MediaTransport>;

/**
 * The description of a product: a dynamic one (a plugin renders it) or a fixed one (a driver maps it onto hardware).
 *
 * Parameters, reports, ports and slots are numbered by their place in these lists; the numbers are what the plugin ABI uses.
 */
export const Model = Type.Object(
  {
    id: ModelId,
    version: Type.String({ pattern: VERSION_PATTERN, maxLength: 17 }),
    name: Type.String({ minLength: 1, maxLength: 64 }),
    description: Type.Optional(Type.String({ maxLength: 4096 })),
    category: oneOf(CATEGORIES),
    capabilities: Type.Optional(Type.Array(oneOf(CAPABILITIES), { maxItems: CAPABILITIES.length, uniqueItems: true })),
    inputs: Type.Array(Port, { maxItems: 32 }),
    outputs: Type.Array(Port, { maxItems: 32 }),
    parameters: Type.Array(Parameter, { maxItems: 1024 }),
    reports: Type.Array(Report, { maxItems: 256 }),
    mediaSlots: Type.Optional(Type.Array(MediaSlot, { maxItems: 32 })),
    state: Type.Optional(
      Type.Boolean({
        description:
          'Its plugin keeps more than the values of its parameters: that is saved with presets and tasks too',
      }),
    ),
    upgrades: Type.Optional(Type.Array(UpgradeStep, { maxItems: 256 })),
    presets: Type.Optional(Type.Array(FactoryPreset, { maxItems: 256 })),
    resources: Type.Optional(DeclaredResources),
    power: Type.Optional(
      Type.Object(
        {
          warmUpSeconds: Type.Optional(Type.Number({ minimum: 0, maximum: 86400 })),
          coolDownSeconds: Type.Optional(Type.Number({ minimum: 0, maximum: 86400 })),
          idleOffSeconds: Type.Optional(Type.Number({ minimum: 0, maximum: 604800 })),
        },
        closed,
      ),
    ),
    media: Type.Optional(
      Type.Object(
        {
          lengthSeconds: Type.Number({ exclusiveMinimum: 0, maximum: 864_000 }),
          record: Type.Optional(Type.Boolean()),
          transport: Type.Optional(MediaTransport),
        },
        { ...closed, description: 'media-transport: how much the medium holds, and how it is moved' },
      ),
    ),
  },
  { ...closed, title: 'Model', description: 'The description of a product' },
);
export type Model = Type.Static<typeof Model>;
