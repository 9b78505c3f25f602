import { Type } from 'typebox';
import { BytePage } from './driver/byte-page.ts';
import { Delivery, GapMs } from './driver/delivery.ts';
import { AwaitedAnswer, Poll } from './driver/exchange.ts';
import { Mapping } from './driver/mapping.ts';
import { Interlock, Stay } from './driver/safety.ts';
import { closed } from './driver/wire.ts';
import { SoundChannels } from './fixed-sound.ts';
import { FixedInstanceId, ModelId, Name } from './ids.ts';
import { Value } from './model.ts';
import { RackDevice } from './rack-device.ts';

export * from './driver/byte-mappings.ts';
export * from './driver/byte-page.ts';
export * from './driver/delivery.ts';
export * from './driver/exchange.ts';
export * from './driver/line-mapping.ts';
export * from './driver/mapping.ts';
export * from './driver/midi-mappings.ts';
export * from './driver/osc-mapping.ts';
export * from './driver/request-mapping.ts';
export * from './driver/safety.ts';
export { Wire } from './driver/wire.ts';

/** One open setting of an adapter. */
export const Setting = Type.Union([Type.Number(), Type.String({ maxLength: 256 }), Type.Boolean()]);
export type Setting = Type.Static<typeof Setting>;

const outlet = (description: string) => Type.Integer({ minimum: 0, maximum: 255, description });

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
    pages: Type.Optional(
      Type.Record(Name, BytePage, { description: 'Blocks of bytes in which several values stand, by name' }),
    ),
    await: Type.Optional(AwaitedAnswer),
    polling: Type.Optional(Type.Array(Poll, { minItems: 1, maxItems: 64 })),
    lostAfterMs: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: 600_000,
        description: 'A device that spoke once and then is silent for so long is gone (MIDI active sensing: 330)',
      }),
    ),
    safe: Type.Optional(
      Type.Record(Name, Type.Union([Value, Type.Array(Value, { minItems: 1, maxItems: 256 })]), {
        minProperties: 1,
        description:
          'What is sent, in this order, when nobody above the adapter is there any more: values by parameter; a list where its values differ',
      }),
    ),
    gapMs: Type.Optional(
      Type.Unsafe<number>({ ...GapMs, description: 'Least time between any two writes to the device' }),
    ),
    delivery: Type.Optional(
      Type.Record(Name, Delivery, { description: 'How values are sent, by id of the parameter; left out: at once' }),
    ),
    interlocks: Type.Optional(
      Type.Array(Interlock, {
        minItems: 1,
        maxItems: 64,
        description: 'What must be before a parameter may be so; kept by the adapter process, whoever asks',
      }),
    ),
    stays: Type.Optional(
      Type.Record(Name, Stay, { minProperties: 1, description: 'Least times of toggles, by id of the parameter' }),
    ),
    parameters: mappings,
    reports: mappings,
  },
  { ...closed, title: 'Driver', description: 'The data that maps one model onto the bytes of an adapter' },
);
export type Driver = Type.Static<typeof Driver>;

/** How the power of an instance is switched, and what confirms it. */
export const RackPower = Type.Object(
  {
    through: Type.Optional(
      Type.Unsafe<string>({
        ...FixedInstanceId,
        description: 'The power distributor, of the same rack; absent: the instance switches its own power',
      }),
    ),
    parameter: Type.Unsafe<string>({ ...Name, description: 'The toggle that switches it' }),
    index: Type.Optional(outlet('Which value of the parameter; default 0')),
    report: Type.Optional(
      Type.Unsafe<string>({
        ...Name,
        description:
          'The toggle that confirms it. An instance without one that switches its own power has it when it took the value and tells anything',
      }),
    ),
    reportIndex: Type.Optional(outlet('Which value of the report; default: as of the parameter')),
  },
  { ...closed, title: 'RackPower' },
);
export type RackPower = Type.Static<typeof RackPower>;

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
    power: Type.Optional(RackPower),
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
