import { type Packet, packetParts, partChannels } from '@audiocloud/api';
import { OpusDecoder } from 'opus-decoder';
import { damaged } from './damaged.ts';
import { interleave } from './interleave.ts';
import type { PacketDecoder } from './packet-decoder.ts';

/** Opus packets, one decoder for each two channels, at 48 kHz. */
export class OpusPacketDecoder implements PacketDecoder {
  readonly #decoders: readonly OpusDecoder[];

  private constructor(decoders: readonly OpusDecoder[]) {
    this.#decoders = decoders;
  }

  static async open(channels: number): Promise<OpusPacketDecoder> {
    const decoders = partChannels('opus', channels).map(
      (width) =>
        new OpusDecoder({
          channels: width,
          streamCount: 1,
          coupledStreamCount: width - 1,
          channelMappingTable: width === 2 ? [0, 1] : [0],
        }),
    );
    await Promise.all(decoders.map(({ ready }) => ready));
    return new OpusPacketDecoder(decoders);
  }

  async decode(packet: Packet): Promise<Float32Array> {
    const { channels, frames, skipFrames, begins } = packet;
    if (begins) await Promise.all(this.#decoders.map((decoder) => decoder.reset()));
    const samples = new Float32Array(frames * channels);
    /** Frames that came out of what is before in time: a packet of 60 ms has three for each decoder. */
    let before = 0;
    let shortest = Number.POSITIVE_INFINITY;
    for (const [i, { firstChannel, bytes }] of packetParts(packet).entries()) {
      const place = i % this.#decoders.length;
      if (i > 0 && place === 0) {
        before += shortest;
        shortest = Number.POSITIVE_INFINITY;
      }
      const { channelData, samplesDecoded, errors } = this.#decoders[place]!.decodeFrame(bytes);
      if (errors.length > 0) throw damaged(packet, errors[0]!.message);
      shortest = Math.min(shortest, samplesDecoded);
      interleave(samples, channels, firstChannel, channelData, skipFrames - before);
    }
    if (before + shortest < skipFrames + frames)
      throw damaged(packet, `${before + shortest} frames came out, wanted ${skipFrames + frames}`);
    return samples;
  }

  free(): void {
    for (const decoder of this.#decoders) decoder.free();
  }
}
