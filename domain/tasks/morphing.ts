import type { Morph, ParameterChange } from '@audiocloud/api';
import type { Clock } from '../clock/clock.ts';

/** From one step to the next; plugins glide between them. */
const STEP_MS = 30;

type Applied = Promise<{ frame: number | null }>;

/** The morphs of one task: each on its way, a step every 30 ms, until it is over. [control] */
export class Morphing {
  readonly #apply: (changes: ParameterChange[]) => Applied;
  readonly #clock: Clock;
  readonly #failed: (error: unknown) => void;
  readonly #running = new Set<Morph>();
  #isEnded = false;

  /** failed: a step was refused, for instance since an instance left the task; that morph is over. */
  constructor(apply: (changes: ParameterChange[]) => Applied, clock: Clock, failed: (error: unknown) => void) {
    this.#apply = apply;
    this.#clock = clock;
    this.#failed = failed;
  }

  get isRunning(): boolean {
    return this.#running.size > 0;
  }

  /** Settles when the first step is applied. */
  async begin(morph: Morph, seconds: number): Applied {
    const began = this.#clock.now();
    this.#running.add(morph);
    const step = async (): Applied => {
      if (this.#isEnded) return { frame: null };
      const share = (this.#clock.now() - began + STEP_MS) / (1000 * seconds);
      try {
        const changes = morph.advance(share);
        const applied = changes.length > 0 ? await this.#apply(changes) : { frame: null };
        if (morph.isOver || this.#isEnded) this.#running.delete(morph);
        else this.#clock.after(STEP_MS, () => void step().catch(this.#failed));
        return applied;
      } catch (error) {
        this.#running.delete(morph);
        throw error;
      }
    };
    return step();
  }

  /** Somebody sets these: no morph does from now on. */
  leave(changes: readonly ParameterChange[]): void {
    for (const morph of this.#running) morph.leave(changes);
  }

  /** No step begins after this. */
  end(): void {
    this.#isEnded = true;
    this.#running.clear();
  }
}
