/** The most that the pitch is moved: 5 cent are 0.3 %, and no clock of a card is off by more than 0.1 %. */
const MOST_DRIFT = 0.003;
/** Seconds over which the fill is averaged: packets come in bursts. */
const AVERAGE_SECONDS = 1;
/** Of a critically damped control: what is off by 10 ms is worked off in about 10 s. */
const PROPORTIONAL = 0.1;
const INTEGRAL = PROPORTIONAL ** 2 / 4;

/** Finds how much faster a source has to be taken so that what waits of it stays at a target. Pure but for its state. [any] */
export class DriftControl {
  #averageSeconds: number | undefined;
  #integral = 0;
  #drift = 0;

  /** As a part of 1; above 0: the source is faster than we are. */
  get drift(): number {
    return this.#drift;
  }

  /** fill, target: seconds that wait and that should. seconds: since the last call. */
  step(fillSeconds: number, targetSeconds: number, seconds: number): number {
    const before = this.#averageSeconds ?? targetSeconds; // so that the pitch does not jump
    const average = before + (fillSeconds - before) * Math.min(1, seconds / AVERAGE_SECONDS);
    this.#averageSeconds = average;
    const error = average - targetSeconds;
    const limited = (x: number) => Math.max(-MOST_DRIFT, Math.min(MOST_DRIFT, x));
    this.#integral = limited(this.#integral + INTEGRAL * error * seconds);
    this.#drift = limited(PROPORTIONAL * error + this.#integral);
    return this.#drift;
  }

  /** The source stood still or was left out in part: what waited says nothing. What is known of the clocks stays. */
  restart(): void {
    this.#averageSeconds = undefined;
    this.#drift = this.#integral;
  }
}
