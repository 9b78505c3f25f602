import { AudioCloudError, isPcm, OPUS_RATE, type Packet, packetParts, samplesOf } from '@audiocloud/api';
import OpusScript from 'opusscript';

/** Takes the samples out of the packets of one pushed stream, in their order. [control] */
export class PushDecoder {
  #parts: OpusScript[] = [];
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
      this.#parts = parts.map((part) => new OpusScript(OPUS_RATE, part.channels, OpusScript.Application.AUDIO));
    }
    const out = new Float32Array(frames * channels);
    let first = 0;
    for (const [p, part] of parts.entries()) {
      const decoded = this.#decodePart(p, part.bytes);
      const there = Math.min(frames, decoded.length / part.channels - skipFrames);
      for (let n = 0; n < there; n++)
        for (let c = 0; c < part.channels; c++)
          out[n * channels + first + c] = decoded[(skipFrames + n) * part.channels + c]! / 32768;
      first += part.channels;
    }
    return out;
  }

  close(): void {
    for (const part of this.#parts) part.delete();
    this.#parts = [];
    this.#widths = '';
  }

  #decodePart(p: number, bytes: Uint8Array): Int16Array {
    try {
      const pcm = this.#parts[p]!.decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      return new Int16Array(pcm.buffer, pcm.byteOffset, pcm.byteLength / 2);
    } catch (error) {
      throw new AudioCloudError('MESSAGE_INVALID', `Cannot decode the opus of a packet: ${(error as Error).message}`);
    }
  }
}
