import { FLAG } from './program.ts';
import { PushRing } from './push-ring.ts';
import type { LiveSourceImage } from './task-image.ts';

/** Short enough not to be heard as a fade, long enough not to click: 2.7 ms at 48 kHz. */
const FADE_FRAMES = 128;

/**
 * Adds the live source of one track to what its clips have. [render]
 *
 * A pushed source is silent until its target is there, fades in, and fades out from its last frame when it runs dry; then
 * it waits anew and holds more. When far more than the target has come together, what is too much is left out, across a fade.
 */
export class LivePlayer {
  readonly #source: LiveSourceImage;
  readonly #out: Float32Array[];
  readonly #words: Uint32Array;
  readonly #flags: number[];
  readonly #sampleRate: number;
  readonly #ring: PushRing | undefined;
  /** Of each channel, what it fades out from. */
  readonly #last: Float32Array;
  #fadeIn = FADE_FRAMES;
  #fadeOut = 0;

  /** out, words, flags: as those of a ClipPlayer. [render, between blocks] */
  constructor(source: LiveSourceImage, out: Float32Array[], words: Uint32Array, flags: number[], sampleRate: number) {
    this.#source = source;
    this.#out = out;
    this.#words = words;
    this.#flags = flags;
    this.#sampleRate = sampleRate;
    this.#ring = source.kind === 'push' ? new PushRing(source.ring) : undefined;
    this.#last = new Float32Array(out.length);
  }

  /** Adds the next frames: of the device's input from frame `at` of the block on. Returns whether anything came. */
  add(input: Float32Array[], at: number, frames: number): boolean {
    const isHeard = this.#ring ? this.#pushed(this.#ring, frames) : this.#device(input, at, frames);
    if (isHeard) for (let c = 0; c < this.#flags.length; c++) this.#words[this.#flags[c]!] = FLAG.sound;
    return isHeard;
  }

  #device(input: Float32Array[], at: number, frames: number): boolean {
    const first = (this.#source as { firstChannel: number }).firstChannel;
    let isHeard = false;
    for (let c = 0; c < this.#out.length; c++) {
      const from = input[first + c];
      const to = this.#out[c]!;
      for (let i = 0; from && i < frames; i++) {
        const sample = from[at + i]!;
        // a number minus itself is 0, unless it is no number, or infinite
        if (sample === 0 || sample - sample !== 0) continue;
        to[i] = to[i]! + sample;
        isHeard = true;
      }
    }
    return isHeard;
  }

  #pushed(ring: PushRing, frames: number): boolean {
    const { fillFrames, targetFrames } = ring;
    let isHeard = ring.isHeard;
    if (!isHeard && fillFrames >= Math.max(targetFrames, frames)) {
      ring.hear(true);
      isHeard = true;
      this.#fadeIn = 0;
    }
    if (!isHeard) return this.#fade(frames);
    if (fillFrames > 2 * targetFrames + 4 * frames) {
      this.#remember(ring);
      ring.skip(fillFrames - Math.max(targetFrames, frames));
      this.#fadeIn = 0;
    } else if (fillFrames < frames) {
      this.#remember(ring);
      ring.hear(false);
      ring.runDry(this.#sampleRate);
      return this.#fade(frames);
    }
    for (let c = 0; c < this.#out.length; c++) {
      const to = this.#out[c]!;
      const last = this.#last[c]!;
      for (let i = 0; i < frames; i++) {
        const rise = Math.min(1, (this.#fadeIn + i) / FADE_FRAMES);
        const fall = Math.max(0, this.#fadeOut - i) / FADE_FRAMES;
        to[i] = to[i]! + ring.sample(i, c) * rise + last * fall;
      }
    }
    this.#fadeIn = Math.min(FADE_FRAMES, this.#fadeIn + frames);
    this.#fadeOut = Math.max(0, this.#fadeOut - frames);
    ring.taken(frames);
    return true;
  }

  /** What is left of a fade out. Returns whether there is anything. */
  #fade(frames: number): boolean {
    if (this.#fadeOut === 0) return false;
    for (let c = 0; c < this.#out.length; c++) {
      const to = this.#out[c]!;
      const last = this.#last[c]!;
      for (let i = 0; i < frames; i++) to[i] = to[i]! + (last * Math.max(0, this.#fadeOut - i)) / FADE_FRAMES;
    }
    this.#fadeOut = Math.max(0, this.#fadeOut - frames);
    return true;
  }

  /** A fade out goes from the frame that was heard last. */
  #remember(ring: PushRing): void {
    for (let c = 0; c < this.#last.length; c++) this.#last[c] = ring.last(c);
    this.#fadeOut = FADE_FRAMES;
  }
}
