import { AudioCloudError, isPcm, type Packet, type PacketFormat, samplesOf } from '@audiocloud/api';

/** Turns the payloads of one format into samples. One at a time and in order: a decoder may keep something between packets. */
export interface PacketDecoder {
  /**
   * The frames of a packet that are heard, interleaved, full scale 1, at its `sampleRate`. Exact for PCM and FLAC.
   *
   * Rejects with DECODER_FAILED for a payload that is damaged.
   */
  decode(packet: Packet): Promise<Float32Array>;
  /** Frees what it holds. */
  free(): void;
}

/** Finds the decoder of a format; other loaders stand in for tests and for pages that bring their own. */
export type LoadDecoder = (format: PacketFormat, channels: number) => Promise<PacketDecoder>;

const pcm: PacketDecoder = { decode: async (packet) => samplesOf(packet), free: () => {} };

/** Loads what a format needs when it is first needed. Rejects with DECODER_FAILED when that cannot run here. */
export const loadDecoder: LoadDecoder = async (format, channels) => {
  if (isPcm(format)) return pcm;
  try {
    if (format === 'opus') return await (await import('./opus-decoder.ts')).OpusPacketDecoder.open(channels);
    return await (await import('./flac-decoder.ts')).FlacPacketDecoder.open(format, channels);
  } catch (thrown) {
    throw new AudioCloudError(
      'DECODER_FAILED',
      `Cannot listen in ${format}: its decoder does not load (${thrown instanceof Error ? thrown.message : thrown}); listen in s16, s24 or f32, or let the page run WebAssembly`,
      { format },
      { cause: thrown },
    );
  }
};
