import type { OutputDepth, WrittenSound } from '@audiocloud/api';

/** `2.00 s, 2 channels, 48000 Hz, 24 bits, peak -3.0 dBFS, -14.0 LUFS`: what a file is, for a person. */
export function writtenText(file: WrittenSound, depth: OutputDepth | undefined, bitRate: number | undefined): string {
  const { frames, sampleRate, channels, peak, loudness, gainDb } = file;
  const decibels = peak > 0 ? `peak ${(20 * Math.log10(peak)).toFixed(1)} dBFS` : 'peak silent';
  const size = bitRate === undefined ? `${bitsText(depth)} bits` : `${Math.round(bitRate / 1000)} kb/s`;
  return [
    `${(frames / sampleRate).toFixed(2)} s`,
    `${channels} channels`,
    `${sampleRate} Hz`,
    size,
    decibels,
    ...(loudness?.integratedLufs === undefined ? [] : [`${loudness.integratedLufs.toFixed(1)} LUFS`]),
    ...(gainDb === undefined ? [] : [`gain ${gainDb.toFixed(1)} dB`]),
  ].join(', ');
}

/** As the flag --bits says it. */
export const bitsText = (depth: OutputDepth = 's24'): string => (depth === 'f32' ? '32f' : depth.slice(1));

/** What a person should know of a file that is there all the same. */
export function warningsOf({ clippedSamples, isPeakLimited, loudness, format }: WrittenSound): string[] {
  return [
    ...(clippedSamples > 0
      ? [
          `${clippedSamples} samples were beyond full scale and are cut; lower the level${format === 'wav' ? ' or use --bits 32f' : ''}`,
        ]
      : []),
    ...(isPeakLimited
      ? [`its true peak did not let it become as loud as wanted: it has ${loudness?.integratedLufs?.toFixed(1)} LUFS`]
      : []),
  ];
}
