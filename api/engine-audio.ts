import { Type } from 'typebox';
import { ErrorBody } from './error-body.ts';
import { EngineTask, Name } from './ids.ts';
import { StreamQuality } from './stream-quality.ts';

/* What domain and engine say to each other on the audio stream (engine-protocol.ts). */

const closed = { additionalProperties: false } as const;

/** Before what an engine sends on the audio stream: u32 stream id, u32 kind. */
export const AUDIO_HEAD_BYTES = 8;
export const AUDIO_KIND = { packet: 0, notice: 1 } as const;

/** What an engine says of a stream, between its packets. */
export const AudioNotice = Type.Union(
  [
    Type.Object(
      {
        type: Type.Literal('joined'),
        token: Type.Optional(
          Type.Integer({ minimum: 0, maximum: 0xffff_ffff, description: 'Of the request that this is about' }),
        ),
        sampleRate: Type.Integer({ minimum: 1, maximum: 768_000, description: 'Of the packets' }),
        channels: Type.Integer({ minimum: 1, maximum: 32 }),
      },
      {
        ...closed,
        description: 'What was asked for is sent from here on, as to all who listen to the same: what fades is over',
      },
    ),
    Type.Object(
      {
        type: Type.Literal('refused'),
        token: Type.Optional(
          Type.Integer({ minimum: 0, maximum: 0xffff_ffff, description: 'Of the request that this is about' }),
        ),
        error: ErrorBody,
      },
      { ...closed, description: 'The stream has ended: it cannot be sent so' },
    ),
  ],
  { title: 'AudioNotice' },
);
export type AudioNotice = Type.Static<typeof AudioNotice>;

/**
 * On the audio stream: start or end a stream of one node, a sink or any other. Packets carry the stream id that the domain
 * chose. A stream that is there fades over to the node asked for.
 */
export const AudioRequest = Type.Union(
  [
    Type.Object(
      {
        type: Type.Literal('listen'),
        stream: Type.Integer({ minimum: 1 }),
        task: EngineTask,
        node: Type.Optional(Name),
        ...StreamQuality.properties,
        token: Type.Optional(
          Type.Integer({
            minimum: 0,
            maximum: 0xffff_ffff,
            description: 'Chosen by the domain: notices about it carry it',
          }),
        ),
      },
      closed,
    ),
    Type.Object({ type: Type.Literal('unlisten'), stream: Type.Integer({ minimum: 1 }) }, closed),
    Type.Object(
      { type: Type.Literal('push'), stream: Type.Integer({ minimum: 1 }), task: EngineTask, track: Name },
      { ...closed, description: 'Packets of this stream follow, for a track with a pushed source' },
    ),
    Type.Object({ type: Type.Literal('unpush'), stream: Type.Integer({ minimum: 1 }) }, closed),
  ],
  { title: 'AudioRequest' },
);
export type AudioRequest = Type.Static<typeof AudioRequest>;
