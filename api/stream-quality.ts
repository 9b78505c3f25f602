import { Type } from 'typebox';
import { Name } from './ids.ts';
import { LEAST_OPUS_BIT_RATE, MOST_OPUS_BIT_RATE, PACKET_FORMATS, type PacketFormat } from './packet/packet-format.ts';

const closed = { additionalProperties: false } as const;
const U32 = 0xffff_ffff;
const format = Type.Unsafe<PacketFormat>(Type.String({ enum: [...PACKET_FORMATS] }));
const count = (description: string) => Type.Integer({ minimum: 0, maximum: U32, description });

/** Lengths of packets: what Opus has, and what keeps the header small beside the sound. */
export const PACKET_MS = [10, 20, 40, 60] as const;
export type PacketMs = (typeof PACKET_MS)[number];
/** So much of a stream is kept to be sent again. */
export const HISTORY_SECONDS = 60;

/** How a stream is sent. */
export const StreamQuality = Type.Object(
  {
    format,
    bitRate: Type.Optional(
      Type.Integer({
        minimum: LEAST_OPUS_BIT_RATE,
        maximum: MOST_OPUS_BIT_RATE,
        description: 'Of opus, bits a second of each two channels, default 128000; of other formats nothing',
      }),
    ),
    packetMs: Type.Optional(
      Type.Unsafe<PacketMs>(
        Type.Integer({ enum: [...PACKET_MS], description: 'Length of a packet; default 20 for opus, 10 for others' }),
      ),
    ),
  },
  { ...closed, title: 'StreamQuality' },
);
export type StreamQuality = Type.Static<typeof StreamQuality>;

/**
 * Where a stream begins: with what was not got yet of a play, or so much before now. What is no longer there, or not yet of this
 * format, is left out, and the `stream` message says so.
 */
export const StreamFrom = Type.Union(
  [
    Type.Object(
      {
        run: Type.Integer({ minimum: 0, maximum: U32 }),
        playId: Type.Integer({ minimum: 0, maximum: U32 }),
        serial: count('The first packet that is wanted; of the same node, format, bit rate and packet length'),
      },
      closed,
    ),
    Type.Object(
      {
        run: Type.Integer({ minimum: 0, maximum: U32 }),
        playId: Type.Integer({ minimum: 0, maximum: U32 }),
        streamFrame: Type.Number({
          minimum: 0,
          maximum: Number.MAX_SAFE_INTEGER,
          description: 'The first frame that is wanted, of any format: the packet that holds it comes first',
        }),
      },
      closed,
    ),
    Type.Object(
      {
        secondsAgo: Type.Number({ minimum: 0, maximum: HISTORY_SECONDS, description: 'What was sent since then' }),
      },
      closed,
    ),
  ],
  { title: 'StreamFrom' },
);
export type StreamFrom = Type.Static<typeof StreamFrom>;

/** How a stream began. `replay` answers `from`. */
export const StreamBeginning = Type.Object(
  {
    sampleRate: Type.Integer({ minimum: 1, maximum: 768_000 }),
    channels: Type.Integer({ minimum: 1, maximum: 32 }),
    replay: Type.Optional(
      Type.Object(
        {
          missed: Type.Unsafe<'nothing' | 'older' | 'other-run' | 'other-play' | 'not-kept'>(
            Type.String({
              enum: ['nothing', 'older', 'other-run', 'other-play', 'not-kept'],
              description:
                'nothing: all came from where it was wanted. older: it began with the oldest packet that was kept. other-run: the engine, or the task on it, began anew; other-play: that play is over and none of it is kept; not-kept: of this node in this format nothing was kept, nobody listened so. In these three it began with the next packet',
            }),
          ),
          packets: count('That were sent again'),
          missedFrames: Type.Optional(
            Type.Number({ minimum: 0, description: 'Frames of that play between what was wanted and what came first' }),
          ),
        },
        closed,
      ),
    ),
  },
  { ...closed, title: 'StreamBeginning' },
);
export type StreamBeginning = Type.Static<typeof StreamBeginning>;

/** Whether the domain may send less than asked for. */
export const IsAdaptive = Type.Boolean({
  description:
    'true: on a link that is too slow or loses packets the stream goes down to opus of falling bit rates, and back up when it may. Default: false, packets are left out',
});

/** What is sent, and why it is so. */
export const StreamTold = Type.Object(
  {
    node: Name,
    format,
    bitRate: Type.Optional(StreamQuality.properties.bitRate),
    packetMs: Type.Unsafe<PacketMs>(Type.Integer({ enum: [...PACKET_MS] })),
    why: Type.Unsafe<'asked' | 'slower' | 'faster' | 'loaded'>(
      Type.String({
        enum: ['asked', 'slower', 'faster', 'loaded'],
        description:
          'asked for; slower or faster: the link (adaptive); loaded: the task was loaded, or another engine has it',
      }),
    ),
    ...StreamBeginning.properties,
    droppedPackets: Type.Optional(count('Left out for this client so far, because it did not read')),
  },
  { ...closed, title: 'StreamTold' },
);
export type StreamTold = Type.Static<typeof StreamTold>;

/** What a client says of what it heard since the last time. */
export const StreamHeard = Type.Object(
  {
    packets: count('That arrived'),
    lost: count('That did not arrive'),
    late: count('That arrived after they were to be heard'),
    bufferMs: Type.Number({ minimum: 0, maximum: 120_000, description: 'Of sound that waits to be heard' }),
    next: Type.Optional(
      Type.Object(
        {
          run: Type.Integer({ minimum: 0, maximum: U32 }),
          playId: Type.Integer({ minimum: 0, maximum: U32 }),
          streamFrame: Type.Number({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
        },
        {
          ...closed,
          description:
            'The first frame that has not come: by it the domain knows what is still under way, which no socket tells',
        },
      ),
    ),
  },
  { ...closed, title: 'StreamHeard' },
);
export type StreamHeard = Type.Static<typeof StreamHeard>;
