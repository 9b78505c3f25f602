/** Long enough to see a link as it is, short enough to forget an early burst. */
const WINDOW_SECONDS = 4;
const BUCKETS = 8;

/**
 * How unevenly packets have arrived within the last 4 s: the latest against the earliest, each measured by where in the stream it belongs.
 * Times and places are frames; a new stream begins with `begin`.
 */
export class ArrivalSpread {
  readonly #bucketFrames: number;
  readonly #earliest = new Float64Array(BUCKETS).fill(Number.POSITIVE_INFINITY);
  readonly #latest = new Float64Array(BUCKETS).fill(Number.NEGATIVE_INFINITY);
  #bucket = 0;
  #until = Number.NaN;

  constructor(sampleRate: number) {
    this.#bucketFrames = (WINDOW_SECONDS * sampleRate) / BUCKETS;
  }

  begin(): void {
    this.#earliest.fill(Number.POSITIVE_INFINITY);
    this.#latest.fill(Number.NEGATIVE_INFINITY);
    this.#until = Number.NaN;
  }

  /** A packet whose first frame is at `place` of its stream came at `now`. */
  arrived(place: number, now: number): void {
    this.#turn(now);
    const transit = now - place;
    if (transit < this.#earliest[this.#bucket]!) this.#earliest[this.#bucket] = transit;
    if (transit > this.#latest[this.#bucket]!) this.#latest[this.#bucket] = transit;
  }

  get isEmpty(): boolean {
    return this.earliestTransit === Number.POSITIVE_INFINITY;
  }

  /** Frames from the earliest to the latest; 0 while nothing arrived. [audio] */
  get frames(): number {
    let latest = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < BUCKETS; i++) if (this.#latest[i]! > latest) latest = this.#latest[i]!;
    return this.isEmpty ? 0 : latest - this.earliestTransit;
  }

  /** Arrival less place of the packet that took least; Infinity while nothing arrived. [audio] */
  get earliestTransit(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < BUCKETS; i++) if (this.#earliest[i]! < earliest) earliest = this.#earliest[i]!;
    return earliest;
  }

  #turn(now: number): void {
    if (Number.isNaN(this.#until)) this.#until = now + this.#bucketFrames;
    for (let turns = 0; now >= this.#until && turns < BUCKETS; turns++) {
      this.#bucket = (this.#bucket + 1) % BUCKETS;
      this.#earliest[this.#bucket] = Number.POSITIVE_INFINITY;
      this.#latest[this.#bucket] = Number.NEGATIVE_INFINITY;
      this.#until += this.#bucketFrames;
    }
    if (now >= this.#until) this.#until = now + this.#bucketFrames;
  }
}
