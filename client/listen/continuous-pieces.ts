import type { HeardPiece } from './heard-piece.ts';
import { HeardLog, type HeardRun } from './playout/heard-log.ts';

/** Silence for what never came: beyond what a domain keeps, time is not kept either. */
const MOST_CONCEALED_SECONDS = 60;

/** Pieces as one line of frames for whoever writes them down: what is lost is silent for as long, plays follow each other. */
export class ContinuousPieces {
  heardFrames = 0;
  lostFrames = 0;
  concealedFrames = 0;
  readonly #log = new HeardLog();
  #play = -1;
  #next = 0;

  /** The silence before a piece, in frames; the piece counts as heard. */
  take({ play, streamFrame, frames, sampleRate }: HeardPiece): number {
    const lost = play === this.#play ? Math.max(0, streamFrame - this.#next) : 0;
    const concealed = lost <= MOST_CONCEALED_SECONDS * sampleRate ? lost : 0;
    this.#play = play;
    this.#next = streamFrame + frames;
    this.heardFrames += frames;
    this.lostFrames += lost;
    this.concealedFrames += concealed;
    this.#log.heard(play, streamFrame, frames);
    return concealed;
  }

  /** `playId` is the `play` of the pieces. */
  runs(): HeardRun[] {
    return this.#log.runs();
  }
}
