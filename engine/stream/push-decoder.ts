import { AudioCloudError, isPcm, type Packet, packetParts, samplesOf } from '@audiocloud/api';
import { OpusReader } from './opus-reader.ts';

/** Takes the samples out of the packets of one pushed stream, in their order. [control] */
export class PushDecoder {
  #parts: OpusReader[] = [];
  #widths = '';

  /**
   * Interleaved, as many frames as the packet says. Throws MESSAGE_INVALID for what cannot be read, and for FLAC: what is
   * pushed is PCM or Opus.
   */
  decode(packet: Packet): Float32Array {
    const { format, channels, frames, skipFrames } = packet;
    if (isPcm(format)) return samplesOf(packet).subarray(skipFrames * channels);
    if (format !== 'opus')
      throw new AudioCloudError('MESSAGE_INVALID', `Cannot take ${format} that is pushed: send s16, s24, f32 or opus`);
    const parts = packetParts(packet);
    const widths = parts.map((part) => part.channels).join();
    if (widths !== this.#widths || packet.begins) {
      this.close();
      this.#widths = widths;
      this.#parts = parts.map((part) => new OpusReader(part.channels));
    }
    const out = new Float32Array(frames * channels);
    let first = 0;
    for (const [p, part] of parts.entries()) {
      const decoded = this.#parts[p]!.decode(part.bytes);
      const there = Math.min(frames, decoded.length / part.channels - skipFrames);
      for (let n = 0; n < there; n++)
        for (let c = 0; c < part.channels; c++)
          out[n * channels + first + c] = decoded[(skipFrames + n) * part.channels + c]!;
      first += part.channels;
    }
    return out;
  }

  close(): void {
    for (const part of this.#parts) part.close();
    this.#parts = [];
    this.#widths = '';
  }
}
