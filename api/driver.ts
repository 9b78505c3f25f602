import { Type } from 'typebox';
import { BytePage } from './driver/byte-page.ts';
import { Delivery, GapMs } from './driver/delivery.ts';
import { AwaitedAnswer, Poll } from './driver/exchange.ts';
import { Mapping } from './driver/mapping.ts';
import { closed } from './driver/wire.ts';
import { SoundChannels } from './fixed-sound.ts';
import { FixedInstanceId, ModelId, Name } from './ids.ts';
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
export { Wire } from './driver/wire.ts';

/** One open setting of an adapter. */
export const Setting = Type.Union([Type.Number(), Type.String({ maxLength: 256 }), Type.Boolean()]);
export type Setting = Type.Static<typeof Setting>;

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
    gapMs: Type.Optional(
      Type.Unsafe<number>({ ...GapMs, description: 'Least time between any two writes to the device' }),
    ),
    delivery: Type.Optional(
      Type.Record(Name, Delivery, { description: 'How values are sent, by id of the parameter; left out: at once' }),
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
