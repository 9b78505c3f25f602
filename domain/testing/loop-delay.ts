import { readFileSync } from 'node:fs';
import { createHistogram } from 'node:perf_hooks';

const PERIOD_MS = 5;
const SCHEDSTAT = `/proc/self/task/${process.pid}/schedstat`;

/**
 * How late the timers of this thread come, and how much of that is due to its own work: beside others a thread waits for a
 * processor, which Linux counts. On other systems all that is late is taken as its own.
 */
export class LoopDelay {
  readonly #late = createHistogram();
  readonly #own = createHistogram();
  #dueMs = performance.now() + PERIOD_MS;
  #waitedMs = waitedMs();

  constructor() {
    setInterval(() => this.#look(), PERIOD_MS).unref();
  }

  /** Since it was taken last. In ms. */
  take(): { loopP99Ms: number; loopMaxMs: number; ownP99Ms: number; ownMaxMs: number } {
    this.#look();
    const [late, own] = [this.#late, this.#own];
    const ms = (us: number) => us / 1000;
    const taken = {
      loopP99Ms: ms(late.percentile(99)),
      loopMaxMs: ms(late.max),
      ownP99Ms: ms(own.percentile(99)),
      ownMaxMs: ms(own.max),
    };
    late.reset();
    own.reset();
    return taken;
  }

  #look(): void {
    const [now, waited] = [performance.now(), waitedMs()];
    const lateMs = Math.max(0, now - this.#dueMs);
    const ownMs = Math.max(0, lateMs - (waited - this.#waitedMs));
    // in whole microseconds; a histogram takes no zero
    this.#late.record(Math.round(lateMs * 1000) + 1);
    this.#own.record(Math.round(ownMs * 1000) + 1);
    this.#dueMs = now + PERIOD_MS;
    this.#waitedMs = waited;
  }
}

/** That this thread has waited for a processor until now. */
function waitedMs(): number {
  try {
    return Number(readFileSync(SCHEDSTAT, 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}
