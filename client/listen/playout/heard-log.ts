/** Frames that were heard one after the other. The first `FADE_FRAMES` of a run fade in, unless it begins a play. */
export interface HeardRun {
  playId: number;
  /** The first frame of the stream that was heard. */
  streamFrame: number;
  frames: number;
}

const FIELDS = 3;
/** Older ones are forgotten. */
export const MOST_HEARD_RUNS = 256;

/** What was heard, as runs without a gap; writing allocates nothing. */
export class HeardLog {
  readonly #runs = new Float64Array(MOST_HEARD_RUNS * FIELDS);
  #count = 0;
  #isOpen = false;

  /** So many frames from here on were heard. [audio] */
  heard(playId: number, streamFrame: number, frames: number): void {
    const last = ((this.#count - 1) % MOST_HEARD_RUNS) * FIELDS;
    const follows =
      this.#isOpen && this.#runs[last] === playId && this.#runs[last + 1]! + this.#runs[last + 2]! === streamFrame;
    if (follows) {
      this.#runs[last + 2]! += frames;
      return;
    }
    const at = (this.#count % MOST_HEARD_RUNS) * FIELDS;
    this.#runs[at] = playId;
    this.#runs[at + 1] = streamFrame;
    this.#runs[at + 2] = frames;
    this.#count++;
    this.#isOpen = true;
  }

  /** What follows is a run of its own, also where the stream goes on: it was silent between. [audio] */
  paused(): void {
    this.#isOpen = false;
  }

  runs(): HeardRun[] {
    const first = Math.max(0, this.#count - MOST_HEARD_RUNS);
    return Array.from({ length: this.#count - first }, (_, i) => {
      const at = ((first + i) % MOST_HEARD_RUNS) * FIELDS;
      return { playId: this.#runs[at]!, streamFrame: this.#runs[at + 1]!, frames: this.#runs[at + 2]! };
    });
  }
}
