import { AudioCloudError } from '@audiocloud/api/errors';
import { DEFAULT_OPUS_BIT_RATE, MOST_PACKET_CHANNELS, type PacketFormat } from '@audiocloud/api/packet';
import { loadLibflac } from '../codec/load-libflac.ts';
import type { PieceEncoder } from './coded-piece.ts';
import { FlacEncoder } from './flac-encoder.ts';
import { OpusEncoder } from './opus-encoder.ts';
import { PcmEncoder } from './pcm-encoder.ts';

/** How a node is to be sent. */
export interface EncoderFacts {
  format: PacketFormat;
  bitRate: number | undefined;
  packetMs: number;
  channels: number;
  sampleRate: number;
}

/** Throws STREAM_FORMAT when the node cannot be sent so. [stream thread] */
export async function pieceEncoder(facts: EncoderFacts): Promise<PieceEncoder> {
  const { format, channels, sampleRate } = facts;
  if (channels > MOST_PACKET_CHANNELS)
    throw new AudioCloudError(
      'STREAM_FORMAT',
      `Cannot send a node of ${channels} channels: a packet has at most ${MOST_PACKET_CHANNELS}; listen to a node with fewer`,
      { channels, most: MOST_PACKET_CHANNELS },
    );
  switch (format) {
    case 'flac16':
    case 'flac24':
      return new FlacEncoder(await loadLibflac(), { bits: format === 'flac16' ? 16 : 24, channels, sampleRate });
    case 'opus':
      return new OpusEncoder({ ...facts, bitRate: facts.bitRate ?? DEFAULT_OPUS_BIT_RATE });
    default:
      return new PcmEncoder(format, sampleRate);
  }
}
