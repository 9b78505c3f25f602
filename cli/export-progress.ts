import type { Export } from '@audiocloud/api';
import { type ProgressBar, progressBar } from './progress-bar.ts';

/** Tells who waits for an export how far it is: a bar at a terminal; on standard error what it waits for, each reason once. */
export class ExportProgress {
  readonly #flags: { json?: boolean };
  #bar: ProgressBar | undefined;
  #reason: string | undefined;

  constructor(flags: { json?: boolean }) {
    this.#flags = flags;
  }

  look(now: Export): void {
    const reason = reasonToWait(now);
    if (reason === undefined) {
      this.#bar ??= progressBar('exporting', this.#flags);
      if (now.ofFrames) this.#bar.update(now.frames, now.ofFrames);
      return;
    }
    this.end();
    if (reason !== this.#reason) console.error(`${now.id} waits: ${reason}`);
    this.#reason = reason;
  }

  end(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}

function reasonToWait({ state, start, error, outputs }: Export): string | undefined {
  if (state === 'scheduled') return 'at' in start ? `it begins at ${start.at}` : 'its event has not come';
  if (state === 'waiting') return error?.message;
  const upload = outputs.find((output) => output.upload?.error)?.upload;
  return state === 'uploading' ? upload?.error?.message : undefined;
}
