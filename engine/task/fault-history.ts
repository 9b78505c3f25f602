/** How long an instance is silent after its first fault, and after a second one within the window, in seconds. */
export const BACK_OFF_SECONDS = [0.1, 1] as const;
/** So many faults within the window, and it is not started again before somebody wants it. */
export const QUARANTINE_FAULTS = 3;
export const FAULT_WINDOW_SECONDS = 60;

/**
 * What is known of the faults of one instance, and so when it is to be started again. [control]
 *
 * Times are seconds of any clock that does not go back: that of the machine live, that of the frames offline.
 */
export class FaultHistory {
  /** When to start it again; undefined when it runs, or when it is in quarantine. */
  dueSeconds: number | undefined;
  isQuarantined = false;
  /** Of the last fault. */
  cause = '';
  /** How often it was started again. */
  restarts = 0;
  #faults: { seconds: number; weight: number }[] = [];

  /** weight: how many faults it counts for on the way to quarantine. */
  fault(nowSeconds: number, cause: string, weight = 1): void {
    this.cause = cause;
    this.#faults = this.#faults.filter(({ seconds }) => nowSeconds - seconds < FAULT_WINDOW_SECONDS);
    this.#faults.push({ seconds: nowSeconds, weight });
    this.isQuarantined = this.#faults.reduce((sum, fault) => sum + fault.weight, 0) >= QUARANTINE_FAULTS;
    this.dueSeconds = this.isQuarantined ? undefined : nowSeconds + BACK_OFF_SECONDS[this.#faults.length - 1]!;
  }

  /** It cannot even be made again: only a change can help. */
  giveUp(cause: string): void {
    this.cause = cause;
    this.isQuarantined = true;
    this.dueSeconds = undefined;
  }

  /** It was started again. */
  restarted(): void {
    this.restarts += 1;
    this.dueSeconds = undefined;
  }

  /** Somebody wants it to run: what was is forgotten, and it is started at once. */
  lift(): void {
    this.#faults = [];
    this.isQuarantined = false;
    this.dueSeconds = Number.NEGATIVE_INFINITY;
  }

  /** It runs again by other hands: it was reset because play began. */
  runs(): void {
    this.#faults = [];
    this.isQuarantined = false;
    this.dueSeconds = undefined;
    this.cause = '';
  }
}
