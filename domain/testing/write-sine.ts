import { createWavWriter } from '../../engine/media/wav-writer.ts';

/** Writes a WAV file: a mono sine of 440 Hz at 0.5. */
export async function writeSine(path: string, seconds: number, sampleRate = 48_000): Promise<void> {
  const writer = await createWavWriter(path, { sampleRate, channels: 1, bits: '24' });
  const frames = Math.round(seconds * sampleRate);
  const plane = Float32Array.from({ length: frames }, (_, i) => 0.5 * Math.sin((2 * Math.PI * 440 * i) / sampleRate));
  await writer.write([plane], frames);
  await writer.close();
}
