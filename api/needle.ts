import { TICK_MS } from './simulated-adapter.ts';

/** A value of a simulated device that follows another as a needle does: exponentially, up and down at their own pace. [control] */
export class Needle {
  value: number;

  constructor(value: number) {
    this.value = value;
  }

  /**
   * Goes on by one tick. riseSeconds, fallSeconds: in which 63 % of the way are gone; 0 is at once.
   *
   * What is left of the way below a thousandth is gone too, so that it arrives.
   */
  follow(target: number, riseSeconds: number, fallSeconds: number): number {
    const way = target - this.value;
    const seconds = way > 0 ? riseSeconds : fallSeconds;
    const left = seconds > 0 ? way * Math.exp(-TICK_MS / 1000 / seconds) : 0;
    this.value = Math.abs(left) < 0.001 ? target : target - left;
    return this.value;
  }
}
