import { AudioCloudError } from '@audiocloud/api';
import type { OpenManner } from './media-disk.ts';
import type { UrlSettings } from './url-sources.ts';

/**
 * How long a server is waited for. [control]
 *
 * Only the time in which the domain waits counts, not that in which it writes what came.
 */
export class SourcePatience {
  /** Ends what is waited for. */
  readonly signal: AbortSignal;
  readonly #shown: string;
  readonly #settings: UrlSettings;
  readonly #caller: AbortSignal;
  readonly #stop = new AbortController();
  readonly #deadline: NodeJS.Timeout;
  /** What came, and how long it was waited for, since the rate was last looked at. */
  #bytes = 0;
  #waitedMs = 0;

  /** shown: as messages call the source. */
  constructor(shown: string, settings: UrlSettings, { signal, spentMs }: Pick<OpenManner, 'signal' | 'spentMs'>) {
    this.#shown = shown;
    this.#settings = settings;
    this.#caller = signal;
    this.signal = AbortSignal.any([signal, this.#stop.signal]);
    const leftMs = Math.max(0, settings.longestMs - spentMs);
    this.#deadline = setTimeout(() => this.#stop.abort(this.#tooLong()), Math.min(leftMs, 2 ** 31 - 1));
  }

  /** Why it was ended before it was through; undefined when it was not. */
  get reason(): unknown {
    return this.#caller.aborted ? this.#caller.reason : this.#stop.signal.reason;
  }

  /** What is waited for has to come in time, or it is ended. */
  async waitFor<R>(what: Promise<R>): Promise<R> {
    const { idleMs } = this.#settings;
    const idle = setTimeout(() => this.#stop.abort(this.#idle()), idleMs);
    const begunMs = performance.now();
    try {
      return await what;
    } finally {
      clearTimeout(idle);
      this.#waitedMs += performance.now() - begunMs;
    }
  }

  /** Throws MEDIA_UNREACHABLE when what came was too slow for as long as nothing might come. */
  came(bytes: number): void {
    this.#bytes += bytes;
    const { idleMs, slowestRate } = this.#settings;
    if (this.#waitedMs < idleMs) return;
    const rate = Math.floor((this.#bytes * 1000) / this.#waitedMs);
    this.#bytes = 0;
    this.#waitedMs = 0;
    if (rate < slowestRate) throw this.#tooSlow(rate);
  }

  end(): void {
    clearTimeout(this.#deadline);
  }

  #idle(): AudioCloudError {
    const { idleMs } = this.#settings;
    return new AudioCloudError(
      'MEDIA_UNREACHABLE',
      `Cannot import from ${this.#shown}: nothing came for ${idleMs / 1000} s, the limit imports.idleSeconds; it is tried again`,
      { url: this.#shown, limit: 'imports.idleSeconds', idleMs },
    );
  }

  #tooSlow(rate: number): AudioCloudError {
    const { idleMs, slowestRate } = this.#settings;
    return new AudioCloudError(
      'MEDIA_UNREACHABLE',
      `Cannot import from ${this.#shown}: ${rate} bytes came a second in ${idleMs / 1000} s, ${slowestRate - rate} below the limit imports.slowestKibibytes of ${slowestRate}; it is tried again`,
      { url: this.#shown, limit: 'imports.slowestKibibytes', slowestRate, rate },
    );
  }

  #tooLong(): AudioCloudError {
    const { longestMs } = this.#settings;
    return new AudioCloudError(
      'MEDIA_TOO_SLOW',
      `Cannot import from ${this.#shown}: it takes more than ${longestMs / 60_000} min, the limit imports.longestMinutes`,
      { url: this.#shown, limit: 'imports.longestMinutes', longestMs },
    );
  }
}
