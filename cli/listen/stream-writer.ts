import { AudioCloudError } from '@audiocloud/api';
import { ContinuousPieces, type HeardPiece } from '@audiocloud/client';
import type { SoundFormat, SoundTarget } from './sound-target.ts';

/** Writes pieces to a target, so many frames of them, with silence for what was lost. */
export class StreamWriter {
  readonly pieces = new ContinuousPieces();
  skippedFrames = 0;
  format: SoundFormat | undefined;
  /** Settles when enough is written, when the target has ended, or cannot go on. */
  readonly ended: Promise<void>;
  readonly #open: (format: SoundFormat) => Promise<SoundTarget>;
  readonly #mostSeconds: number;
  readonly #end = Promise.withResolvers<void>();
  #target: SoundTarget | undefined;
  #turn: Promise<void> = Promise.resolve();
  #written = 0;
  #isOver = false;

  constructor(open: (format: SoundFormat) => Promise<SoundTarget>, mostSeconds = Number.POSITIVE_INFINITY) {
    this.#open = open;
    this.#mostSeconds = mostSeconds;
    this.ended = this.#end.promise;
    this.ended.catch(() => {}); // whoever runs it awaits it
  }

  push(piece: HeardPiece): void {
    this.#turn = this.#turn.then(() => this.#write(piece)).catch((error) => this.#over(error));
  }

  fail(error: unknown): void {
    this.#over(error);
  }

  /** Resolves when all that was pushed is written and the target complete. */
  async close(): Promise<void> {
    await this.#turn;
    this.#isOver = true;
    await this.#target?.close();
  }

  async #write(piece: HeardPiece): Promise<void> {
    if (this.#isOver) return;
    const { sampleRate, channels } = piece;
    this.format ??= { sampleRate, channels };
    if (!this.#target) {
      this.#target = await this.#open(this.format);
      this.#target.ended.then(
        () => this.#over(),
        (error) => this.#over(error),
      );
    }
    if (sampleRate !== this.format.sampleRate || channels !== this.format.channels)
      throw new AudioCloudError(
        'TASK_INVALID',
        `Cannot go on writing ${this.#target.name}: the stream has ${channels} channels at ${sampleRate} Hz now, it began with ${this.format.channels} at ${this.format.sampleRate}; listen again`,
      );
    const most = Math.round(this.#mostSeconds * sampleRate);
    const frames = Math.min(piece.frames, most - this.#written);
    const silence = Math.min(this.pieces.take({ ...piece, frames }), most - this.#written - frames);
    if (silence > 0) await this.#give(new Float32Array(silence * channels));
    await this.#give(piece.samples.subarray(0, frames * channels));
    this.#written += silence + frames;
    if (this.#written >= most) this.#over();
  }

  async #give(samples: Float32Array): Promise<void> {
    this.skippedFrames += await this.#target!.write(samples);
  }

  #over(error?: unknown): void {
    this.#isOver = true;
    if (error) this.#end.reject(error);
    else this.#end.resolve();
  }
}
