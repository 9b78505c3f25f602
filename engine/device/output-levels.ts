/** What is left of a level after a time without sound: 63 % are gone. Short enough that meters see what plays. */
const FALL_SECONDS = 0.05;
/** By output: peak, then mean square. */
const WORDS = 2;

/**
 * The levels of a device's outputs, as a needle would show them, in memory that its thread writes and the control thread reads. A peak
 * rises at once and falls with 50 ms, a mean square follows with 50 ms.
 */
export class OutputLevels {
  readonly memory: SharedArrayBuffer;
  private readonly levels: Float32Array;

  static create(outputs: number): OutputLevels {
    return new OutputLevels(new SharedArrayBuffer(Math.max(1, outputs) * WORDS * 4));
  }

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.levels = new Float32Array(memory);
  }

  /** Takes what is played. mix: by output, at least `frames` long. [device] */
  take(mix: readonly Float32Array[], frames: number, sampleRate: number): void {
    const { levels } = this;
    const left = Math.exp(-frames / sampleRate / FALL_SECONDS);
    for (let output = 0; output < mix.length; output++) {
      const channel = mix[output]!;
      let peak = 0;
      let square = 0;
      for (let i = 0; i < frames; i++) {
        const sample = channel[i]!;
        const size = sample < 0 ? -sample : sample;
        if (size > peak) peak = size;
        square += sample * sample;
      }
      const at = output * WORDS;
      levels[at] = Math.max(peak, levels[at]! * left);
      const mean = square / frames;
      levels[at + 1] = mean + (levels[at + 1]! - mean) * left;
    }
  }

  /** Peak and mean square of an output, full scale 1; nothing of one that there is not. [control] */
  of(output: number): { peak: number; square: number } {
    return { peak: this.levels[output * WORDS] ?? 0, square: this.levels[output * WORDS + 1] ?? 0 };
  }
}
