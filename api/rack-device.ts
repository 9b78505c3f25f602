import { Type } from 'typebox';

const closed = { additionalProperties: false } as const;
const channel = Type.Integer({ minimum: 0, maximum: 63 });
const width = (description: string) => Type.Integer({ minimum: 0, maximum: 64, description });

const command = (description: string) =>
  Type.Array(Type.String({ maxLength: 1024 }), { minItems: 1, maxItems: 64, description });

/** A virtual cable of the paced device: what it plays on one channel is back on another. */
export const LoopCable = Type.Object(
  {
    output: channel,
    input: channel,
    frames: Type.Integer({
      minimum: 16,
      maximum: 1048576,
      description: 'From the block that plays a frame to the block that has it back; one block or more',
    }),
    gainDb: Type.Optional(Type.Number({ minimum: -120, maximum: 60, description: 'Default 0' })),
    isReversed: Type.Optional(Type.Boolean({ description: 'Turns the polarity over' })),
  },
  { ...closed, title: 'LoopCable' },
);
export type LoopCable = Type.Static<typeof LoopCable>;

/** The device of an engine, where its rack says more than AUDIOCLOUD_DEVICE: channels, and what they are connected to. */
export const RackDevice = Type.Union(
  [
    Type.Object(
      {
        kind: Type.Literal('paced'),
        outputs: Type.Optional(width('Output channels; default 2')),
        inputs: Type.Optional(width('Input channels; default 0')),
        loop: Type.Optional(Type.Array(LoopCable, { maxItems: 256 })),
      },
      closed,
    ),
    Type.Object(
      {
        kind: Type.Literal('pipe'),
        outputs: Type.Optional(width('Output channels; default 0')),
        inputs: Type.Optional(width('Input channels; default 0')),
        play: Type.Optional(command('Takes what is played on its standard input')),
        record: Type.Optional(
          command('Gives what is heard on its standard output; default: the one that plays does. It is the clock'),
        ),
      },
      { ...closed, description: 'Programs; sound as 32-bit floating point, little-endian, channels interleaved' },
    ),
    Type.Object(
      {
        kind: Type.Literal('web-audio'),
        inputs: Type.Optional(Type.Union([Type.Literal(0), Type.Literal(2)], { description: 'Default 0' })),
      },
      closed,
    ),
  ],
  { title: 'RackDevice' },
);
export type RackDevice = Type.Static<typeof RackDevice>;
