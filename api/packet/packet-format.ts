/**
 * How the samples of a stream are written. Little-endian, channels interleaved: `s16`, `s24` (3 bytes), `f32` as rendered.
 * `flac16`, `flac24`: lossless of 16 and 24 bits. `opus`: lossy, at 48 kHz.
 */
export const PACKET_FORMATS = ['s16', 'f32', 's24', 'flac16', 'flac24', 'opus'] as const;
export type PacketFormat = (typeof PACKET_FORMATS)[number];

/** Formats whose payload is the samples themselves. */
export type PcmFormat = 's16' | 's24' | 'f32';

const SAMPLE_BYTES: Readonly<Record<PacketFormat, number>> = { s16: 2, s24: 3, f32: 4, flac16: 0, flac24: 0, opus: 0 };
const PART_CHANNELS: Readonly<Record<PacketFormat, number>> = { s16: 0, s24: 0, f32: 0, flac16: 8, flac24: 8, opus: 2 };

/** Bytes of one sample; 0 where that is not fixed. */
export const sampleBytes = (format: PacketFormat): number => SAMPLE_BYTES[format];

export const isPcm = (format: PacketFormat): format is PcmFormat => SAMPLE_BYTES[format] > 0;

/** Channels of each coded part of a packet, in their order: FLAC has at most 8 in a frame, Opus 2. Empty for PCM. */
export function partChannels(format: PacketFormat, channels: number): number[] {
  const most = PART_CHANNELS[format];
  if (most === 0) return [];
  return Array.from({ length: Math.ceil(channels / most) }, (_, i) => Math.min(most, channels - i * most));
}

/** The rate at which Opus is decoded, and positions of an Opus packet's `frames` and `skipFrames` are counted. */
export const OPUS_RATE = 48_000;
export const LEAST_OPUS_BIT_RATE = 16_000;
export const MOST_OPUS_BIT_RATE = 510_000;
export const DEFAULT_OPUS_BIT_RATE = 128_000;
export const MOST_PACKET_CHANNELS = 32;
