// The first try comes at once, since most drops are short; a domain that restarts is not hammered.
const BACK_OFF_MS = [0, 100, 250, 500, 1000, 2000, 4000];
// A connection that stayed up so long begins the back-off anew; one that got as far as to resume goes back to 250 ms.
const SETTLED_MS = 2000;
const RESUMED_DROPS = 2;
// One that opened goes back to 500 ms: the domain is there, and what happens meanwhile is to be caught up with.
const OPENED_DROPS = 3;

/** How long to wait before the next connection is tried. [any] */
export class BackOff {
  private drops = 0;
  private openedAt = 0;

  opened(): void {
    this.openedAt = performance.now();
    this.drops = Math.min(this.drops, OPENED_DROPS);
  }

  resumed(): void {
    this.drops = Math.min(this.drops, RESUMED_DROPS);
  }

  /** A connection was lost, or none could be made. Returns milliseconds until the next. */
  lost(): number {
    if (this.openedAt > 0 && performance.now() - this.openedAt > SETTLED_MS) this.drops = 0;
    this.openedAt = 0; // a try in vain settles nothing
    return BACK_OFF_MS[Math.min(this.drops++, BACK_OFF_MS.length - 1)]!;
  }
}
