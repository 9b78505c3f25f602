import { Type } from 'typebox';
import { ErrorBody } from './error-body.ts';
import { EngineTask } from './ids.ts';

/*
 * Domain and engine talk over two byte streams (Unix sockets now): control and audio. On both, messages are framed
 * (framing.ts). Control messages are JSON. On the audio stream the domain sends JSON `AudioRequest`s and the engine sends
 * binary messages: u32 stream id, u32 kind (AUDIO_KIND), then a packet (packet/packet.ts) or an AudioNotice as JSON. So does
 * the domain with the packets that are pushed into a track.
 */
export const ENGINE_PROTOCOL = 1;

const closed = { additionalProperties: false } as const;

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
