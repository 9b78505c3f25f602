import { type AudioData, allocateAudio } from '@audiocloud/engine';

/** A sine that begins at phase 0, at 48 kHz. */
export function sinePlane(frequencyHz: number, amplitude: number, frames: number): Float32Array {
  return Float32Array.from({ length: frames }, (_, i) => amplitude * Math.sin((2 * Math.PI * frequencyHz * i) / 48000));
}

/** White noise from a fixed seed, other noise in every channel, RMS = peak / sqrt(3), at 48 kHz. */
export function noise(channels: number, frames: number, peak: number): AudioData {
  const media = allocateAudio(48000, channels, frames);
  let state = 1;
  for (const plane of media.data)
    for (let i = 0; i < frames; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes' quick generator: whiteness is enough
      plane[i] = (state / 2 ** 31 - 1) * peak;
    }
  return media;
}
