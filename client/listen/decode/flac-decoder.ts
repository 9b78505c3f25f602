import { type Packet, type PacketFormat, packetParts, partChannels } from '@audiocloud/api';
import { FLACDecoder } from '@wasm-audio-decoders/flac';
import { damaged } from './damaged.ts';
import { interleave } from './interleave.ts';
import type { PacketDecoder } from './packet-decoder.ts';

/** FLAC frames, one decoder for each 8 channels. Bit for bit what was encoded. */
export class FlacPacketDecoder implements PacketDecoder {
  readonly #decoders: readonly FLACDecoder[];
  readonly #fullScale: number;

  private constructor(format: PacketFormat, decoders: readonly FLACDecoder[]) {
    this.#decoders = decoders;
    this.#fullScale = format === 'flac16' ? 2 ** 15 : 2 ** 23;
  }

  static async open(format: PacketFormat, channels: number): Promise<FlacPacketDecoder> {
    const decoders = partChannels(format, channels).map(() => new FLACDecoder());
    await Promise.all(decoders.map(({ ready }) => ready));
    return new FlacPacketDecoder(format, decoders);
  }

  async decode(packet: Packet): Promise<Float32Array> {
    const { channels, frames, skipFrames } = packet;
    const samples = new Float32Array(frames * channels);
    let channel = 0;
    for (const [i, part] of packetParts(packet).entries()) {
      const { channelData, samplesDecoded, errors } = await this.#decoders[i]!.decodeFrames([part.bytes]);
      if (errors.length > 0) throw damaged(packet, errors[0]!.message);
      if (samplesDecoded < skipFrames + frames || channelData.length !== part.channels)
        throw damaged(packet, `${samplesDecoded} frames of ${channelData.length} channels came out`);
      interleave(samples, channels, channel, channelData, skipFrames);
      channel += part.channels;
    }
    // The decoder takes 2^(bits - 1) - 1 for full scale; the integers that were encoded come back by rounding.
    const { length } = samples;
    for (let i = 0; i < length; i++) samples[i] = Math.round(samples[i]! * (this.#fullScale - 1)) / this.#fullScale;
    return samples;
  }

  free(): void {
    for (const decoder of this.#decoders) decoder.free();
  }
}
