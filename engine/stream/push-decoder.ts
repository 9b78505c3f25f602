import { AudioCloudError, isPcm, type Packet, packetParts, partChannels, samplesOf } from '@audiocloud/api';
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
    const widths = partChannels('opus', channels);
    if (widths.join() !== this.#widths || packet.begins) {
      this.close();
      this.#widths = widths.join();
      this.#parts = widths.map((width) => new OpusReader(width));
    }
    const out = new Float32Array(frames * channels);
    // a packet of 60 ms has three for each two channels, in the order of time
    let before = 0;
    for (const [p, part] of packetParts(packet).entries()) {
      const decoded = this.#parts[p % widths.length]!.decode(part.bytes);
      const length = decoded.length / part.channels;
      const skip = skipFrames - before;
      const end = Math.min(frames, length - skip);
      for (let n = Math.max(0, -skip); n < end; n++)
        for (let c = 0; c < part.channels; c++)
          out[n * channels + part.firstChannel + c] = decoded[(skip + n) * part.channels + c]!;
      if ((p + 1) % widths.length === 0) before += length;
    }
    return out;
  }

  close(): void {
    for (const part of this.#parts) part.close();
    this.#parts = [];
    this.#widths = '';
  }
}
