/** Frames of a stream that follow each other. */
export interface Run {
  playId: number;
  streamFrame: number;
  timelineFrame: number;
  frames: number;
  /** Silence in place of frames that were lost. */
  isConcealed: boolean;
}

const FIELDS = 5;
const START = 0;
const PLAY = 1;
const STREAM = 2;
const TIMELINE = 3;
const CONCEALED = 4;
const MOST_RUNS = 1024;

/** Which frames of which play lie at which places of a ring, in order. What follows without a jump is one run. */
export class RunQueue {
  readonly #runs = new Float64Array(MOST_RUNS * FIELDS);
  #first = 0;
  #count = 0;
  #end = 0;

  /** `frames` of a stream follow at the place where the last ones ended. True when they begin a new run. */
  push({ playId, streamFrame, timelineFrame, frames, isConcealed }: Run): boolean {
    const follows = this.#count > 0 && this.#follows(playId, streamFrame, timelineFrame, isConcealed);
    if (!follows) {
      // a jump in each packet and no reader: what is oldest is told wrong rather than what is heard
      if (this.#count === MOST_RUNS) this.#drop();
      const at = ((this.#first + this.#count) % MOST_RUNS) * FIELDS;
      this.#runs[at + START] = this.#end;
      this.#runs[at + PLAY] = playId;
      this.#runs[at + STREAM] = streamFrame;
      this.#runs[at + TIMELINE] = timelineFrame;
      this.#runs[at + CONCEALED] = isConcealed ? 1 : 0;
      this.#count++;
    }
    this.#end += frames;
    return !follows;
  }

  /** Forgets runs that end at or before a place, except the last one. [audio] */
  passed(place: number): void {
    while (this.#count > 1 && this.#start(1) <= place) this.#drop();
  }

  /** Where the run behind the first one begins; Infinity when there is none. [audio] */
  get nextStart(): number {
    return this.#count > 1 ? this.#start(1) : Number.POSITIVE_INFINITY;
  }

  /** Of the first run. [audio] */
  get isConcealed(): boolean {
    return this.#count > 0 && this.#runs[this.#first * FIELDS + CONCEALED] === 1;
  }
  get playId(): number {
    return this.#count > 0 ? this.#runs[this.#first * FIELDS + PLAY]! : 0;
  }
  /** What lies at a place of the first run. [audio] */
  streamFrameAt(place: number): number {
    const at = this.#first * FIELDS;
    return this.#runs[at + STREAM]! + place - this.#runs[at + START]!;
  }
  timelineFrameAt(place: number): number {
    const at = this.#first * FIELDS;
    return this.#runs[at + TIMELINE]! + place - this.#runs[at + START]!;
  }

  #start(index: number): number {
    return this.#runs[((this.#first + index) % MOST_RUNS) * FIELDS + START]!;
  }

  #drop(): void {
    this.#first = (this.#first + 1) % MOST_RUNS;
    this.#count--;
  }

  #follows(playId: number, streamFrame: number, timelineFrame: number, isConcealed: boolean): boolean {
    const at = ((this.#first + this.#count - 1) % MOST_RUNS) * FIELDS;
    const frames = this.#end - this.#runs[at + START]!;
    return (
      this.#runs[at + PLAY] === playId &&
      this.#runs[at + STREAM]! + frames === streamFrame &&
      this.#runs[at + TIMELINE]! + frames === timelineFrame &&
      this.#runs[at + CONCEALED] === (isConcealed ? 1 : 0)
    );
  }
}
