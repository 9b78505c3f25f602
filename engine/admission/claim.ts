import type { Prediction } from './predict-load.ts';

/** So many seconds the largest of the measured ratios counts: others on the machine come and go, and a block costs more then. */
const KEPT = 30;
/** Before so many measurements a task claims what the others turned out to take, and never less than was predicted. */
const TRUSTED = 3;
/**
 * A task never claims less than half of what was predicted: knobs may be turned to what is dearer, and what is measured
 * says nothing of that. It never claims more than four times: then the measurement is of something else.
 */
export const LEAST_RATIO = 0.5;
const MOST_RATIO = 4;
/** With less of the prediction awake, what is measured says little of the rest. */
const LEAST_AWAKE = 0.25;

/** What one task claims of a render thread: predicted from its plan, corrected by what is measured. [control] */
export class Claim {
  /** It was admitted and is about to play. */
  isStarting = false;
  readonly #periodNs: number;
  readonly #isPlaying: () => boolean;
  readonly #isAsleep: (node: string) => boolean;
  readonly #usualRatio: () => number;
  readonly #spread: () => number;
  #prediction: Prediction | undefined;
  #ratios: number[] = [];
  /** It played with this prediction all the time since the last observation. */
  #isWhole = false;

  /**
   * usualRatio: of measured by predicted; what counts, if it is more than 1, until this task's own is known.
   * spread: what the same work may take by what it took in its quickest second, 1 or more.
   */
  constructor(
    periodNs: number,
    isPlaying: () => boolean,
    isAsleep: (node: string) => boolean,
    usualRatio: () => number = () => 1,
    spread: () => number = () => 1,
  ) {
    this.#periodNs = periodNs;
    this.#isPlaying = isPlaying;
    this.#isAsleep = isAsleep;
    this.#usualRatio = usualRatio;
    this.#spread = spread;
  }

  set prediction(prediction: Prediction) {
    this.#prediction = prediction;
    this.#isWhole = false;
  }

  /** Share of a block when all instances work; 0 before anything is known. */
  get predicted(): number {
    return (this.#prediction?.ns ?? 0) / this.#periodNs;
  }

  /** What the task takes of its thread now; a stopped one takes nothing. */
  get load(): number {
    return this.isActive ? this.predicted * this.ratio : 0;
  }

  get isActive(): boolean {
    return this.isStarting || this.#isPlaying();
  }

  /** What the task may come to take by what was predicted of it. */
  get ratio(): number {
    const slow = this.isMeasured ? Math.min(...this.#ratios) * this.#spread() : Math.max(1, this.#usualRatio());
    return Math.min(MOST_RATIO, Math.max(this.seenRatio, slow));
  }

  /** The largest of what was measured by what was predicted. */
  get seenRatio(): number {
    return Math.min(MOST_RATIO, Math.max(LEAST_RATIO, ...this.#ratios));
  }

  /** The slowest second by the quickest; undefined before half a minute has been measured. */
  get seenSpread(): number | undefined {
    return this.#ratios.length < KEPT ? undefined : Math.max(...this.#ratios) / Math.min(...this.#ratios);
  }

  /** Enough was measured to go by. */
  get isMeasured(): boolean {
    return this.#ratios.length >= TRUSTED;
  }

  /** Once a second. steadyLoad: share of a block that the task itself took, measured so that what disturbs is left out. */
  observe(steadyLoad: number | undefined): void {
    const wasWhole = this.#isWhole;
    this.#isWhole = this.#isPlaying();
    if (!wasWhole || !this.#isWhole || steadyLoad === undefined || !this.#prediction) return;
    const { ns, nodes, nodeNs } = this.#prediction;
    let awakeNs = ns;
    nodes.forEach(({ kind, name }, n) => {
      if (kind === 'instance' && this.#isAsleep(name)) awakeNs -= nodeNs[n]!;
    });
    if (awakeNs < LEAST_AWAKE * ns) return;
    this.#ratios.push((steadyLoad * this.#periodNs) / awakeNs);
    if (this.#ratios.length > KEPT) this.#ratios.shift();
  }
}
