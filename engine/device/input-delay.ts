/**
 * What a sound card adds to every round trip: longer than anything between its clock and the render threads is late, so that
 * the round trip is always the same.
 */
const SECONDS = 0.12;
/** Of a frame count of sound cards. */
const QUANTUM = 128;

export function inputDelayFrames(sampleRate: number): number {
  return Math.ceil((SECONDS * sampleRate) / QUANTUM) * QUANTUM;
}
