/** What the ring did since it was made. */
export interface RingFacts {
  fillFrames: number;
  targetFrames: number;
  underruns: number;
  /** Frames dropped to come back to the target. */
  skippedFrames: number;
}

// Short enough not to be heard as a fade, long enough not to click: 2.7 ms at 48 kHz.
const FADE_FRAMES = 128;
// A link that made us wait once will again: half as much more each time, to one second at most.
const TARGET_GROWTH = 1.5;

/**
 * Interleaved frames between a network that delivers in bursts and an audio thread that takes them evenly. [render]
 *
 * It waits until `targetFrames` are there, then plays. When it runs dry it fades out, waits anew and holds more from then
 * on; when far more than the target has piled up (the sender's clock is faster, or a tab slept) it drops what is too much,
 * across a fade. After init it allocates nothing.
 */
export class JitterRing {
  readonly channels: number;
  private ring: Float32Array;
  private capacityFrames: number;
  private maxTargetFrames: number;
  private targetFrames: number;
  private readFrame = 0;
  private fillFrames = 0;
  private isPlaying = false;
  private fadeIn = 0;
  private underruns = 0;
  private skippedFrames = 0;
  /** The last frame that was played, faded out from when the ring is dry. */
  private last: Float32Array;
  private fadeOut = 0;

  constructor(channels: number, targetFrames: number, sampleRate: number) {
    this.channels = channels;
    this.targetFrames = targetFrames;
    this.maxTargetFrames = Math.max(sampleRate, targetFrames);
    this.capacityFrames = 4 * this.maxTargetFrames;
    this.ring = new Float32Array(this.capacityFrames * channels);
    this.last = new Float32Array(channels);
  }

  facts(): RingFacts {
    return {
      fillFrames: this.fillFrames,
      targetFrames: this.targetFrames,
      underruns: this.underruns,
      skippedFrames: this.skippedFrames,
    };
  }

  push(interleaved: Float32Array): void {
    const frames = interleaved.length / this.channels;
    const over = this.fillFrames + frames - this.capacityFrames;
    if (over > 0) this.skip(Math.min(over, this.fillFrames));
    const { ring, channels, capacityFrames } = this;
    const start = (this.readFrame + this.fillFrames) % capacityFrames;
    const first = Math.min(frames, capacityFrames - start);
    ring.set(interleaved.subarray(0, first * channels), start * channels);
    ring.set(interleaved.subarray(first * channels, Math.min(frames, capacityFrames) * channels), 0);
    this.fillFrames = Math.min(this.fillFrames + frames, capacityFrames);
  }

  /** Fills `outputs` (planar, all of the same length; a channel that the stream lacks repeats the last). */
  pull(outputs: readonly Float32Array[]): void {
    const frames = outputs[0]?.length ?? 0;
    if (!this.isPlaying && this.fillFrames >= this.targetFrames) {
      this.isPlaying = true;
      this.fadeIn = 0;
    }
    if (this.isPlaying && this.fillFrames > 2 * this.targetFrames + 4 * frames)
      this.skip(this.fillFrames - this.targetFrames);
    if (this.isPlaying && this.fillFrames < frames) {
      this.isPlaying = false;
      this.underruns++;
      this.fadeOut = FADE_FRAMES;
      this.targetFrames = Math.min(this.maxTargetFrames, Math.round(this.targetFrames * TARGET_GROWTH));
    }
    if (this.isPlaying) this.play(outputs, frames);
    else this.rest(outputs, frames);
  }

  private play(outputs: readonly Float32Array[], frames: number): void {
    const { ring, channels, capacityFrames } = this;
    for (let frame = 0; frame < frames; frame++) {
      const at = ((this.readFrame + frame) % capacityFrames) * channels;
      const rise = this.fadeIn < FADE_FRAMES ? this.fadeIn++ / FADE_FRAMES : 1;
      const decay = this.fadeOut > 0 ? this.fadeOut-- / FADE_FRAMES : 0;
      for (let c = 0; c < outputs.length; c++) {
        const source = Math.min(c, channels - 1);
        outputs[c]![frame] = ring[at + source]! * rise + this.last[source]! * decay;
      }
    }
    this.readFrame = (this.readFrame + frames) % capacityFrames;
    this.fillFrames -= frames;
    // as long as a fade out is under way its source must stay
    if (this.fadeOut === 0) this.remember();
  }

  private rest(outputs: readonly Float32Array[], frames: number): void {
    for (let frame = 0; frame < frames; frame++) {
      const decay = this.fadeOut > 0 ? this.fadeOut-- / FADE_FRAMES : 0;
      for (let c = 0; c < outputs.length; c++) outputs[c]![frame] = this.last[Math.min(c, this.channels - 1)]! * decay;
    }
  }

  /** Keeps the frame just played, from which a fade out would start. */
  private remember(): void {
    const before = ((this.readFrame - 1 + this.capacityFrames) % this.capacityFrames) * this.channels;
    for (let c = 0; c < this.channels; c++) this.last[c] = this.ring[before + c]!;
  }

  private skip(frames: number): void {
    this.readFrame = (this.readFrame + frames) % this.capacityFrames;
    this.fillFrames -= frames;
    this.skippedFrames += frames;
    if (!this.isPlaying) return;
    this.fadeOut = FADE_FRAMES;
    this.fadeIn = 0;
  }
}
