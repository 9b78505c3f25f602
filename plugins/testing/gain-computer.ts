/** The static curve of a compressor, in dB and as a ratio. */
export interface Curve {
  readonly threshold: number;
  readonly ratio: number;
  readonly knee: number;
}

/**
 * What a compressor takes off a level, in dB: input minus output of the curve.
 * Source: D. Giannoulis, M. Massberg and J. D. Reiss, "Digital Dynamic Range Compressor Design", 2012, eq. 4.
 */
export function reductionDb(levelDb: number, { threshold, ratio, knee }: Curve): number {
  const over = levelDb - threshold;
  if (2 * over < -knee) return 0;
  if (2 * Math.abs(over) <= knee && knee > 0) return ((1 - 1 / ratio) * (over + knee / 2) ** 2) / (2 * knee);
  return Math.max(0, (1 - 1 / ratio) * over);
}

/** Curve and times of one channel; times in ms. */
export interface FollowerSettings extends Curve {
  readonly attack: number;
  readonly release: number;
  readonly isRms: boolean;
  readonly sampleRate: number;
}

const RMS_SECONDS = 0.01;

/** The reduction of one channel, frame by frame: the same article, eq. 23 over the curve, the time constants of eq. 7. */
export class Follower {
  readonly #settings: FollowerSettings;
  #square = 0;
  #reduction = 0;

  constructor(settings: FollowerSettings) {
    this.#settings = settings;
  }

  /** The level in dB that the detector sees at this sample. */
  level(sample: number): number {
    if (!this.#settings.isRms) return 20 * Math.log10(Math.abs(sample));
    this.#square += this.#share(RMS_SECONDS) * (sample * sample - this.#square);
    return 10 * Math.log10(this.#square);
  }

  /** One frame on with this level. @returns dB taken off */
  follow(levelDb: number): number {
    const wanted = reductionDb(levelDb, this.#settings);
    const { attack, release } = this.#settings;
    this.#reduction += this.#share((wanted > this.#reduction ? attack : release) / 1000) * (wanted - this.#reduction);
    return this.#reduction;
  }

  next(sample: number): number {
    return this.follow(this.level(sample));
  }

  #share(seconds: number): number {
    return 1 - Math.exp(-1 / (seconds * this.#settings.sampleRate));
  }
}

/** The same article's feed-back: the level of the frame before, less what was taken off it, decides; a loop never swings. */
export class FeedBackFollower {
  readonly #settings: FollowerSettings;
  #square = 0;
  #before = Number.NEGATIVE_INFINITY;
  #reduction = 0;

  constructor(settings: FollowerSettings) {
    this.#settings = settings;
  }

  /** The level in dB of what comes in. */
  level(sample: number): number {
    if (!this.#settings.isRms) return 20 * Math.log10(Math.abs(sample));
    this.#square += this.#share(RMS_SECONDS) * (sample * sample - this.#square);
    return 10 * Math.log10(this.#square);
  }

  /** One frame on with this level. @returns dB taken off */
  follow(levelDb: number): number {
    const { attack, release, ratio, knee, threshold } = this.#settings;
    const over = this.#before - this.#reduction - threshold;
    const inside = Math.max(0, Math.min(knee, over + knee / 2));
    const bent = knee > 0 ? inside ** 2 / (2 * knee) : 0;
    const wanted = (ratio - 1) * (bent + Math.max(0, over - knee / 2));
    const share = Math.min(this.#share((wanted > this.#reduction ? attack : release) / 1000), 1 / ratio);
    this.#reduction += share * (wanted - this.#reduction);
    this.#before = levelDb;
    return this.#reduction;
  }

  #share(seconds: number): number {
    return 1 - Math.exp(-1 / (seconds * this.#settings.sampleRate));
  }
}
