import { finished, type Readable } from 'node:stream';

/** Waits for whoever wants it; with more the stream is asked to wait. */
const MOST_BYTES = 2 ** 20;

/**
 * The pieces of a stream as they come. [control]
 *
 * Its own iterator makes one piece of all that waits: another copy of each byte, and garbage as large.
 */
export class ArrivingPieces {
  readonly #stream: Readable;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #isOver = false;
  #error: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(stream: Readable) {
    this.#stream = stream;
    finished(stream, { writable: false }, (error) => {
      this.#isOver = true;
      this.#error = error ?? undefined;
      this.#wake();
    });
    stream.on('data', (piece: Buffer) => {
      this.#waiting.push(piece);
      this.#waitingBytes += piece.length;
      if (this.#waitingBytes >= MOST_BYTES) stream.pause();
      this.#wake();
    });
  }

  /** The next piece; undefined when none waits. */
  take(): Buffer | undefined {
    const piece = this.#waiting.shift();
    if (!piece) return undefined;
    this.#waitingBytes -= piece.length;
    if (this.#waitingBytes < MOST_BYTES / 2 && this.#stream.isPaused()) this.#stream.resume();
    return piece;
  }

  /** Whether there are more: settles when one waits, or when the stream has ended. Throws what it ended with. */
  async wait(): Promise<boolean> {
    if (this.#waiting.length === 0 && !this.#isOver)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    if (this.#waiting.length > 0) return true;
    if (this.#error) throw this.#error;
    return false;
  }
}
