import type { PacketMeters } from '@audiocloud/api/packet';

/** Six digits: 0.00001 dB. More would only make packets longer. */
const rounded = (level: number): number => Number(level.toPrecision(6));

/** Levels of interleaved samples, by channel. [stream thread] */
export function measureSamples(samples: Float32Array, channels: number): PacketMeters {
  const peak = new Array<number>(channels).fill(0);
  const rms = new Array<number>(channels).fill(0);
  let clipped = 0;
  for (let i = 0, channel = 0; i < samples.length; i++) {
    const magnitude = Math.abs(samples[i]!);
    if (magnitude > peak[channel]!) peak[channel] = magnitude;
    if (magnitude > 1) clipped++;
    rms[channel]! += magnitude * magnitude;
    if (++channel === channels) channel = 0;
  }
  const frames = Math.max(1, samples.length / channels);
  return { peak: peak.map(rounded), rms: rms.map((sum) => rounded(Math.sqrt(sum / frames))), clipped };
}
