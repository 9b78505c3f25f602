import { createWavWriter, type WavBits } from '@audiocloud/engine';
import type { SoundFormat, SoundTarget } from './sound-target.ts';

/** A WAV file that is there when it is complete. Samples of the file's depth are written as they are, finer ones are rounded. */
export async function openWavTarget(
  path: string,
  { sampleRate, channels }: SoundFormat,
  bits: WavBits,
): Promise<SoundTarget> {
  const writer = await createWavWriter(path, { sampleRate, channels, bits, dither: false });
  return {
    name: path,
    ended: new Promise(() => {}),
    async write(samples) {
      const frames = samples.length / channels;
      const planes = Array.from({ length: channels }, (_, c) =>
        Float32Array.from({ length: frames }, (_, i) => samples[i * channels + c]!),
      );
      await writer.write(planes, frames);
      return 0;
    },
    async close() {
      await writer.close();
    },
  };
}
