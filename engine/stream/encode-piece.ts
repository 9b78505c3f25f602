import { encodePacket, type SampleFormat } from '@audiocloud/api';
import type { Piece } from './sink-reader.ts';

/** Meters of the very frames of a packet, by channel, linear; `clipped` counts samples beyond full scale. */
export interface PacketMeters {
  peak: number[];
  rms: number[];
  clipped: number;
}

/** f32 to s16: full scale is 32768, rounded to the nearest, clipped. */
function toS16(samples: Float32Array): Int16Array {
  const out = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i++) out[i] = Math.max(-32768, Math.min(32767, Math.round(samples[i]! * 32768)));
  return out;
}

export function measurePiece(samples: Float32Array, channels: number): PacketMeters {
  const peak = new Array<number>(channels).fill(0);
  const rms = new Array<number>(channels).fill(0);
  let clipped = 0;
  for (let i = 0; i < samples.length; i++) {
    const magnitude = Math.abs(samples[i]!);
    const channel = i % channels;
    if (magnitude > peak[channel]!) peak[channel] = magnitude;
    if (magnitude > 1) clipped++;
    rms[channel] = rms[channel]! + magnitude * magnitude;
  }
  const frames = samples.length / channels;
  return { peak, rms: rms.map((sum) => Math.sqrt(sum / frames)), clipped };
}

/** A piece as a packet with serial 0; who sends it writes the serial of its own stream at byte 12. */
export function encodePiece(
  piece: Piece,
  format: SampleFormat,
  channels: number,
  sampleRate: number,
  meters: PacketMeters,
): Uint8Array {
  const { playId, streamFrame, timelineFrame, frames, samples } = piece;
  return encodePacket({
    playId,
    serial: 0,
    sampleRate,
    channels,
    frames,
    format,
    timelineFrame,
    streamFrame,
    samples: format === 's16' ? toS16(samples) : samples,
    meters,
  });
}
