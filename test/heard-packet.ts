import { decodePacket, isPcm, type Packet, samplesOf } from '@audiocloud/api';

/** A packet with its samples beside it: s16 as integers, other PCM as floats, none of coded ones. */
export type HeardPacket = Packet & { samples: Float32Array | Int16Array };

/** The bytes may be used again: what is given is a copy. */
export const heardPacket = (bytes: Uint8Array): HeardPacket => withSamples(decodePacket(Uint8Array.from(bytes)));

export function withSamples(packet: Packet): HeardPacket {
  if (packet.format === 's16') return { ...packet, samples: new Int16Array(Uint8Array.from(packet.payload).buffer) };
  return { ...packet, samples: isPcm(packet.format) ? samplesOf(packet) : new Float32Array(0) };
}
