import { Type } from 'typebox';
import { SoundChannels } from './fixed-sound.ts';
import { FixedInstanceId, ModelId, Name } from './ids.ts';
import { Value } from './model.ts';
import { RackDevice } from './rack-device.ts';

const closed = { additionalProperties: false } as const;
const oneOf = <const V extends readonly string[]>(...values: V) =>
  Type.Unsafe<V[number]>(Type.String({ enum: [...values] }));

/** One open setting of an adapter. */
export const Setting = Type.Union([Type.Number(), Type.String({ maxLength: 256 }), Type.Boolean()]);
export type Setting = Type.Static<typeof Setting>;

/** What the `serial` adapter takes. */
export const SerialSettings = Type.Object(
  {
    baudRate: Type.Integer({ minimum: 50, maximum: 4_000_000 }),
    dataBits: Type.Optional(Type.Integer({ minimum: 5, maximum: 8 })),
    stopBits: Type.Optional(Type.Number({ minimum: 1, maximum: 2, multipleOf: 0.5 })),
    parity: Type.Optional(oneOf('none', 'even', 'odd')),
    rtscts: Type.Optional(Type.Boolean()),
    xon: Type.Optional(Type.Boolean()),
    xoff: Type.Optional(Type.Boolean()),
  },
  { ...closed, title: 'SerialSettings' },
);

/** What the `midi` adapter takes: nothing. A port pattern `virtual: NAME` makes ports of our own (not on Windows). */
export const MidiSettings = Type.Object({}, { ...closed, title: 'MidiSettings' });

const Interval = Type.Tuple([Type.Number(), Type.Number()], { description: 'Two ends, not equal; may fall' });
const rescale = Type.Optional(
  Type.Object(
    { from: Interval, to: Interval },
    { ...closed, description: 'Straight line. Parameters: from the range of the model to the wire; reports: back' },
  ),
);
const map = Type.Optional(
  Type.Array(
    Type.Object(
      { value: Value, wire: Type.Union([Type.Number(), Type.String({ minLength: 1, maxLength: 64 })]) },
      closed,
    ),
    { minItems: 1, maxItems: 4096, description: 'Lists and toggles: what stands for each value on the wire' },
  ),
);

/** A MIDI controller: 7 bits, or 14 as two controllers (number, then number + 32). */
export const CcMapping = Type.Object(
  {
    cc: Type.Object(
      {
        channel: Type.Integer({ minimum: 1, maximum: 16 }),
        controller: Type.Integer({ minimum: 0, maximum: 119, description: '120 to 127 are channel mode messages' }),
        bits: Type.Optional(Type.Union([Type.Literal(7), Type.Literal(14)])),
      },
      closed,
    ),
    rescale,
    map,
  },
  closed,
);
export type CcMapping = Type.Static<typeof CcMapping>;

/** A line of text with one place `{value}`. Parameters: what is sent, line end included; reports: a whole line, without it. */
export const LineMapping = Type.Object(
  {
    line: Type.String({
      minLength: 7,
      maxLength: 256,
      pattern: '^[\\t\\n\\r -~]*$',
      description: 'ASCII with one {value}',
    }),
    decimals: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 6, description: 'Digits after the point when sent; default 0' }),
    ),
    rescale,
    map,
  },
  closed,
);
export type LineMapping = Type.Static<typeof LineMapping>;

export const Mapping = Type.Union([CcMapping, LineMapping]);
export type Mapping = CcMapping | LineMapping;

const mappings = Type.Record(Name, Type.Union([Mapping, Type.Array(Mapping, { minItems: 1, maxItems: 256 })]), {
  description: 'By id of the model; a list where there are several values (channels), in their order',
});

/** The data that maps one model onto the bytes of an adapter. */
export const Driver = Type.Object(
  {
    model: ModelId,
    adapter: Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' }),
    port: Type.Record(Name, Type.String({ minLength: 1, maxLength: 256 }), {
      minProperties: 1,
      description: 'Which port, by attributes that stay: name, path, serialNumber, ...; `*` is any characters',
    }),
    settings: Type.Optional(Type.Record(Name, Setting)),
    delimiter: Type.Optional(
      Type.String({ minLength: 1, maxLength: 4, description: 'Ends a line that comes in; default line feed' }),
    ),
    parameters: mappings,
    reports: mappings,
  },
  { ...closed, title: 'Driver', description: 'The data that maps one model onto the bytes of an adapter' },
);
export type Driver = Type.Static<typeof Driver>;

/** One piece of hardware of the studio. */
export const RackInstance = Type.Object(
  {
    id: FixedInstanceId,
    driver: Type.String({
      minLength: 1,
      maxLength: 512,
      description: 'Folder of a device package (from the rack file), or the name of an installed package',
    }),
    port: Type.Optional(Driver.properties.port),
    settings: Type.Optional(Type.Record(Name, Setting)),
    sound: Type.Optional(SoundChannels),
    simulate: Type.Optional(Type.Boolean({ description: 'Meets the simulator of the adapter instead' })),
    power: Type.Optional(
      Type.Literal('simulated', {
        description: 'With `simulate`: it has power only when that is switched on, confirmed a little later',
      }),
    ),
  },
  closed,
);
export type RackInstance = Type.Static<typeof RackInstance>;

/** `rack.yaml` or `rack.json` of a data folder: the fixed instances of an engine. */
export const Rack = Type.Object(
  {
    device: Type.Optional(RackDevice),
    instances: Type.Array(RackInstance, { maxItems: 1024 }),
  },
  { ...closed, title: 'Rack', description: 'The fixed instances of an engine' },
);
export type Rack = Type.Static<typeof Rack>;
