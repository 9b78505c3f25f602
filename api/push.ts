import { Type } from 'typebox';

const closed = { additionalProperties: false } as const;
const count = (description: string) => Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });

/** What became of the sound that a client pushes into a track, since it began. */
export const PushedFacts = Type.Object(
  {
    packets: count('Taken'),
    lost: count('That the serials show were missing; silence in their place, a second of it at most'),
    refused: count('That could not be taken'),
    why: Type.Optional(Type.String({ maxLength: 256, description: 'Of the last one that was refused' })),
    isHeard: Type.Boolean({ description: 'False while its buffer fills, and while the task stands' }),
    fillFrames: count('That wait, at the rate of the task'),
    targetFrames: count('That are to wait'),
    underruns: count('How often nothing was there in time, since the track was made'),
    skippedFrames: count('Left out, since the track was made, because too much waited'),
    driftPpm: Type.Integer({
      minimum: -3000,
      maximum: 3000,
      description: 'By how much the clock of the client is faster than that of the engine, in millionths',
    }),
  },
  { ...closed, title: 'PushedFacts' },
);
export type PushedFacts = Type.Static<typeof PushedFacts>;
