import { asAudioCloudError, type LiveMessage, type LiveRequest, type ParameterChange } from '@audiocloud/api';
import { MergedChanges } from './merged-changes.ts';

export type SetRequest = Extract<LiveRequest, { type: 'set' }>;
/** An answer but for its id. */
export type Ack = Omit<Extract<LiveMessage, { type: 'ack' }>, 'type' | 'id'>;

export interface LiveSetsOptions {
  /** What is to be set for one request: its changes and those that follow from them. Throws what it is refused with. */
  expand(request: SetRequest): ParameterChange[];
  /** Has the engine set them; settles when they apply. */
  set(changes: ParameterChange[]): Promise<Ack>;
}

interface Waiting {
  request: SetRequest;
  resolve(ack: Ack | Promise<Ack>): void;
  reject(error: unknown): void;
}

/**
 * The sets of one session on their way to the engine: one command at a time. What comes while it is under way goes out
 * together behind it, each parameter with its last value, and every request is answered with the frame of that. [control]
 */
export class LiveSets {
  readonly #options: LiveSetsOptions;
  #gathered: Waiting[] = [];
  #ready: Promise<unknown> = Promise.resolve();
  #underWay = 0;

  constructor(options: LiveSetsOptions) {
    this.#options = options;
  }

  /** after: what must be done before. Requests that follow each other give the same one. */
  add(request: SetRequest, after: Promise<unknown>): Promise<Ack> {
    const { promise, resolve, reject } = Promise.withResolvers<Ack>();
    this.#gathered.push({ request, resolve, reject });
    if (this.#gathered.length > 1) return promise;
    this.#ready = after;
    // Those that came in the same packet are gathered before this runs.
    void after.then(() => this.#underWay === 0 && this.flush());
    return promise;
  }

  /** Sends what is gathered, since something else follows. */
  flush(): void {
    const batch = this.#gathered;
    if (batch.length === 0) return;
    this.#gathered = [];
    this.#underWay++;
    void this.#ready
      .then(() => this.#send(batch))
      .then(() => {
        if (--this.#underWay === 0) this.flush();
      });
  }

  /** Never rejects: whoever waits is told. */
  async #send(batch: readonly Waiting[]): Promise<void> {
    const merged = new MergedChanges();
    const taken = batch.filter(({ request, reject }) => {
      try {
        merged.add(this.#options.expand(request));
        return true;
      } catch (error) {
        reject(error);
        return false;
      }
    });
    if (taken.length === 0) return;
    try {
      const ack = await this.#options.set(merged.list);
      for (const { resolve } of taken) resolve(ack);
    } catch (error) {
      if (taken.length > 1 && isOfOne(error)) return this.#sendEach(taken);
      for (const { reject } of taken) reject(error);
    }
  }

  /** One of them is refused, and with it all: each for itself, so that the others are not. */
  async #sendEach(batch: readonly Waiting[]): Promise<void> {
    for (const { request, resolve, reject } of batch)
      try {
        resolve(await this.#options.set(this.#options.expand(request)));
      } catch (error) {
        reject(error);
      }
  }
}

/** Whether it is the fault of a request, and not of an engine that is away. */
function isOfOne(error: unknown): boolean {
  const { retry } = asAudioCloudError(error).toJSON();
  return retry === 'never' || retry === 'after-change';
}
