import { writeFileSync } from 'node:fs';
import { type AudioData, allocateAudio } from '../../media/audio-data.ts';
import type { DiskSound } from '../../media/disk-sound.ts';
import { soundOf } from '../../media/pcm-cache.ts';
import { wavHeader } from '../../media/wav-header.ts';

/** Noise as a WAV file of 32-bit floats, and the same in memory: no two frames are alike. For tests. */
export function noiseFile(
  path: string,
  {
    frames,
    channels = 2,
    seed = 1,
    sampleRate = 48000,
  }: { frames: number; channels?: number; seed?: number; sampleRate?: number },
): { disk: DiskSound; memory: AudioData } {
  const memory = allocateAudio(sampleRate, channels, frames);
  const interleaved = new Float32Array(frames * channels);
  let state = seed >>> 0 || 1;
  for (let i = 0; i < interleaved.length; i++) {
    // xorshift32
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const sample = Math.fround((state | 0) / 2 ** 32);
    interleaved[i] = sample;
    memory.data[i % channels]![Math.floor(i / channels)] = sample;
  }
  writeFileSync(path, Buffer.concat([wavHeader(sampleRate, channels, '32f', frames), Buffer.from(interleaved.buffer)]));
  return { disk: soundOf(path), memory };
}
