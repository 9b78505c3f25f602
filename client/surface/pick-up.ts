/** Of the whole way: about two steps of a control with 7 bits. */
const NEAR = 2 / 127;

/**
 * Keeps a control without a motor from making the value jump: it counts from where it meets the value. [any]
 */
export class PickUp {
  private before: number | undefined;

  /**
   * Whether a move to `travel` counts. valueTravel: where the value is, all from 0 to 1. isOwn: the value is the one that this
   * control gave it.
   */
  takes(travel: number, valueTravel: number, isOwn: boolean): boolean {
    const before = this.before;
    this.before = travel;
    if (isOwn || Math.abs(travel - valueTravel) <= NEAR) return true;
    return before !== undefined && (before - valueTravel) * (travel - valueTravel) < 0;
  }
}
