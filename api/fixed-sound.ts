import { Type } from 'typebox';

const closed = { additionalProperties: false } as const;
const channels = (description: string) =>
  Type.Array(Type.Integer({ minimum: 0, maximum: 63 }), { maxItems: 64, uniqueItems: true, description });

/** Where the sound of a piece of hardware leaves the engine's device, and where it comes back. */
export const SoundChannels = Type.Object(
  {
    send: channels('Output channels of the device, from 0, for the audio inputs of the model in their order'),
    return: channels('Input channels of the device, from 0, for the audio outputs of the model in their order'),
  },
  { ...closed, title: 'SoundChannels' },
);
export type SoundChannels = Type.Static<typeof SoundChannels>;

/** What came back of a ping on one channel. */
export const ReturnedPing = Type.Object(
  {
    gainDb: Type.Number({ minimum: -120, maximum: 60, description: 'Beside what was sent' }),
    isReversed: Type.Boolean({ description: 'The polarity is turned over' }),
    noiseDb: Type.Number({ description: 'What else came back, beside the ping' }),
    confidence: Type.Number({ minimum: 0, maximum: 1, description: '1: the repetitions of the ping were all alike' }),
  },
  { ...closed, title: 'ReturnedPing' },
);
export type ReturnedPing = Type.Static<typeof ReturnedPing>;

/** What a ping through a piece of hardware showed. It holds for the device with which it was measured. */
export const SoundCalibration = Type.Object(
  {
    device: Type.String({ maxLength: 64, description: 'Kind of the device' }),
    sampleRate: Type.Integer({ minimum: 8000, maximum: 192000 }),
    blockFrames: Type.Integer({ minimum: 16, maximum: 1024 }),
    sound: SoundChannels,
    roundTripFrames: Type.Integer({
      minimum: 0,
      maximum: 1048576,
      description: 'From the block in which a frame is sent to the block in which it is back',
    }),
    returns: Type.Array(ReturnedPing, { minItems: 1, maxItems: 64, description: 'By return channel' }),
    isLevelKept: Type.Boolean({ description: 'The level is part of the sound: only the time is compensated' }),
    measuredAt: Type.String({ format: 'date-time', maxLength: 32 }),
  },
  { ...closed, title: 'SoundCalibration' },
);
export type SoundCalibration = Type.Static<typeof SoundCalibration>;
