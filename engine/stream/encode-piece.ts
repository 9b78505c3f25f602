import { encodePacket, type PacketFormat, type PacketMeters, payloadOf } from '@audiocloud/api';
import type { Piece } from './sink-reader.ts';

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

/** A piece as a packet with serial 0. */
export function encodePiece(
  piece: Piece,
  format: PacketFormat,
  channels: number,
  sampleRate: number,
  meters: PacketMeters,
): Uint8Array {
  const { playId, streamFrame, timelineFrame, frames, samples } = piece;
  const pcm = format === 's16' || format === 's24' ? format : 'f32';
  return encodePacket({
    run: 0,
    playId,
    serial: 0,
    sampleRate,
    positionRate: sampleRate,
    channels,
    frames,
    skipFrames: 0,
    begins: false,
    format: pcm,
    bitRate: 0,
    timelineFrame,
    streamFrame,
    payload: payloadOf(samples, pcm),
    meters,
  });
}
