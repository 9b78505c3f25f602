import type { StreamHeard, StreamQuality } from '@audiocloud/api';
import type { Clock } from '../clock/clock.ts';

/** Below what was asked for: each about half of the one before, with its headers and meters. */
const STEPS: readonly Required<StreamQuality>[] = [
  { format: 'opus', bitRate: 160_000, packetMs: 20 },
  { format: 'opus', bitRate: 96_000, packetMs: 20 },
  { format: 'opus', bitRate: 48_000, packetMs: 40 },
  { format: 'opus', bitRate: 24_000, packetMs: 60 },
];
const DEFAULT_BIT_RATE = 128_000;

/** With so much of the stream waiting to go out, the link is too slow. */
const MOST_LAG_MS = 300;
/** So long a step down is given to help before the next. */
const PATIENCE_MS = 1_500;
/** Lost or late, of all that was to arrive. */
const MOST_LOST = 0.03;
/** So long all must be well before the quality goes up; doubled whenever going up did not last so long. */
const LEAST_GOOD_MS = 10_000;
const MOST_GOOD_MS = 160_000;

/** The qualities that a stream may have, the one that was asked for first. [any] */
export function qualitySteps(asked: StreamQuality): StreamQuality[] {
  const most = asked.format === 'opus' ? (asked.bitRate ?? DEFAULT_BIT_RATE) : Number.POSITIVE_INFINITY;
  return [asked, ...STEPS.filter(({ bitRate }) => bitRate! < most)];
}

/** Decides how good the stream of one client may be, by what waits for it and by what it says it heard. [control] */
export class QualityControl {
  readonly steps: readonly StreamQuality[];
  readonly #clock: Clock;
  #step = 0;
  #changedMs: number;
  #troubleMs: number;
  #goodMs = LEAST_GOOD_MS;
  #wasUp = false;

  constructor(asked: StreamQuality, clock: Clock) {
    this.steps = qualitySteps(asked);
    this.#clock = clock;
    this.#changedMs = clock.now();
    this.#troubleMs = clock.now() - PATIENCE_MS;
  }

  /** The last change was one for the better. */
  get isUp(): boolean {
    return this.#wasUp;
  }

  get quality(): StreamQuality {
    return this.steps[this.#step]!;
  }

  /** lagMs: of the stream, waits to be sent. Says whether the quality is to change. */
  sent(lagMs: number): boolean {
    if (lagMs > MOST_LAG_MS) return this.#trouble();
    return this.#mayRise();
  }

  /** What the client says. */
  heard({ packets, lost, late }: StreamHeard): boolean {
    if (lost + late > MOST_LOST * (packets + lost)) return this.#trouble();
    return this.#mayRise();
  }

  #trouble(): boolean {
    const now = this.#clock.now();
    this.#troubleMs = now;
    if (this.#step + 1 >= this.steps.length || (this.#step > 0 && now - this.#changedMs < PATIENCE_MS)) return false;
    if (this.#wasUp && now - this.#changedMs < this.#goodMs) this.#goodMs = Math.min(MOST_GOOD_MS, this.#goodMs * 2);
    return this.#go(1);
  }

  #mayRise(): boolean {
    const now = this.#clock.now();
    if (this.#step === 0) {
      if (now - this.#troubleMs > 2 * this.#goodMs) this.#goodMs = LEAST_GOOD_MS;
      return false;
    }
    if (now - this.#troubleMs < this.#goodMs || now - this.#changedMs < this.#goodMs) return false;
    return this.#go(-1);
  }

  #go(by: 1 | -1): true {
    this.#step += by;
    this.#wasUp = by < 0;
    this.#changedMs = this.#clock.now();
    return true;
  }
}
