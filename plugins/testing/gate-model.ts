/** A gate as its article and its page say, in double precision: what is taken off one channel. */
export interface GateSettings {
  readonly threshold: number;
  readonly hysteresis: number;
  readonly ratio: number;
  readonly knee: number;
  readonly range: number;
  /** Times in ms. */
  readonly attack: number;
  readonly hold: number;
  readonly release: number;
}

/** What an expander takes off a level, in dB: a compressor's curve (gain-computer.ts) turned downwards. */
export function shutDb(levelDb: number, { threshold, ratio, knee, range }: GateSettings): number {
  const under = threshold - levelDb;
  if (2 * under <= -knee) return 0;
  if (2 * under < knee) return Math.min(range, ((ratio - 1) * (under + knee / 2) ** 2) / (2 * knee));
  return Math.min(range, (ratio - 1) * under);
}

export class GateModel {
  readonly #settings: GateSettings;
  readonly #attack: number;
  readonly #release: number;
  readonly #holdFrames: number;
  #reduction = 0;
  #held = 0;
  #isOpen = false;

  constructor(settings: GateSettings, sampleRate: number) {
    this.#settings = settings;
    const share = (ms: number) => 1 - Math.exp(-1 / ((ms / 1000) * sampleRate));
    this.#attack = share(settings.attack);
    this.#release = share(settings.release);
    this.#holdFrames = Math.round((settings.hold / 1000) * sampleRate);
  }

  /** One frame on with this level in dB. @returns dB taken off */
  next(levelDb: number): number {
    const { threshold, hysteresis } = this.#settings;
    if (levelDb > threshold) this.#isOpen = true;
    else if (levelDb < threshold - hysteresis) this.#isOpen = false;
    const wanted = shutDb(levelDb, {
      ...this.#settings,
      threshold: this.#isOpen ? threshold - hysteresis : threshold,
    });
    const way = wanted - this.#reduction;
    if (way <= 0) {
      this.#held = this.#holdFrames;
      this.#reduction += this.#attack * way;
    } else if (this.#held > 0) this.#held--;
    else this.#reduction += this.#release * way;
    return this.#reduction;
  }
}
