import type { StreamHeard, StreamQuality } from '@audiocloud/api';
import type { Clock } from '../clock/clock.ts';
import type { WayState } from './under-way.ts';

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
/** Lost or late, of all that was to arrive within LOOKED_MS. */
const MOST_LOST = 0.03;
/** A second, less what a timer is early. */
const LOOKED_MS = 900;
/** So often in a row the client is to say so: once may be a machine, here or there, that stood still. */
const LATE_TIMES = 2;
/** Fast meters beside the stream take as much as opus: on a poor link so far apart, and while something is late. */
const POOR_METERS_MS = 250;
const LATE_METERS_MS = 1_000;
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
  #counts = { arrived: 0, bad: 0, sinceMs: 0 };
  #lateTimes = 0;

  constructor(asked: StreamQuality, clock: Clock) {
    this.steps = qualitySteps(asked);
    this.#clock = clock;
    this.#changedMs = clock.now();
    this.#counts.sinceMs = clock.now();
    this.#troubleMs = clock.now() - PATIENCE_MS;
  }

  /** The last change was one for the better. */
  get isUp(): boolean {
    return this.#wasUp;
  }

  get quality(): StreamQuality {
    return this.steps[this.#step]!;
  }

  /** Fast meters are to be so far apart. */
  get metersMs(): number {
    if (this.#lateTimes > 0) return LATE_METERS_MS;
    return this.#step > 0 ? POOR_METERS_MS : 0;
  }

  /** lagMs: of the stream, waits to be sent. Says whether the quality is to change. */
  sent(lagMs: number): boolean {
    if (lagMs > MOST_LAG_MS) return this.#trouble();
    return this.#mayRise();
  }

  /** What the client says; it may say so more often than once a second. */
  heard({ packets, lost, late }: StreamHeard): boolean {
    const counts = this.#counts;
    counts.arrived += packets + lost;
    counts.bad += lost + late;
    if (this.#clock.now() - counts.sinceMs < LOOKED_MS) return false;
    this.#counts = { arrived: 0, bad: 0, sinceMs: this.#clock.now() };
    if (counts.bad > MOST_LOST * counts.arrived) return this.#trouble();
    return this.#mayRise();
  }

  /** How it stands with what is under way to the client. */
  arrived({ lagMs, isDraining }: WayState): boolean {
    this.#lateTimes = lagMs > MOST_LAG_MS ? this.#lateTimes + 1 : 0;
    if (this.#lateTimes === 0) return this.#mayRise();
    // not the time to go up, but the quality is low enough: a lower one would not bring sooner what is on its way
    this.#troubleMs = this.#clock.now();
    return this.#lateTimes >= LATE_TIMES && !isDraining && this.#trouble();
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
