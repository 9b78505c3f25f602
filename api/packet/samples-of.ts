import { AudioCloudError } from '../errors.ts';
import type { Packet } from './packet.ts';
import type { PcmFormat } from './packet-format.ts';

/**
 * Samples of a PCM packet, channels interleaved, full scale 1. Exact: 16 and 24 bits fit in a float. [any]
 *
 * Throws MESSAGE_INVALID for a packet that wants a decoder.
 */
export function samplesOf({ format, payload }: Packet): Float32Array {
  const { buffer, byteOffset, byteLength } = payload;
  const view = new DataView(buffer, byteOffset, byteLength);
  switch (format) {
    case 'f32':
      if (byteOffset % 4 === 0) return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
      return Float32Array.from({ length: byteLength / 4 }, (_, i) => view.getFloat32(i * 4, true));
    case 's16': {
      const samples = new Float32Array(byteLength / 2);
      for (let i = 0; i < samples.length; i++) samples[i] = view.getInt16(i * 2, true) / 32768;
      return samples;
    }
    case 's24': {
      const samples = new Float32Array(byteLength / 3);
      for (let i = 0, at = 0; i < samples.length; i++, at += 3)
        samples[i] = ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 8388608;
      return samples;
    }
    default:
      throw new AudioCloudError(
        'MESSAGE_INVALID',
        `Cannot take the samples of a packet: it is ${format}, which wants a decoder`,
      );
  }
}

/**
 * Samples as the payload of a PCM packet. s16 and s24: rounded to the nearest step, clipped at full scale; what is finer
 * than half a step (2^-16, 2^-24) is lost. [any]
 */
export function payloadOf(samples: Float32Array, format: PcmFormat): Uint8Array {
  if (format === 'f32') return new Uint8Array(samples.slice().buffer);
  if (format === 's16') {
    const out = new Int16Array(samples.length);
    for (let i = 0; i < samples.length; i++)
      out[i] = Math.max(-32768, Math.min(32767, Math.round(samples[i]! * 32768)));
    return new Uint8Array(out.buffer);
  }
  const out = new Uint8Array(samples.length * 3);
  for (let i = 0, at = 0; i < samples.length; i++, at += 3) {
    const value = Math.max(-8388608, Math.min(8388607, Math.round(samples[i]! * 8388608)));
    out[at] = value & 255;
    out[at + 1] = (value >> 8) & 255;
    out[at + 2] = (value >> 16) & 255;
  }
  return out;
}
