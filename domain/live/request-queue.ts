import type { DeliveredOfTask, ErrorBody, LiveMessage, LiveRequest } from '@audiocloud/api';
import { type Ack, LiveSets, type LiveSetsOptions, type SetRequest } from './live-sets.ts';
import type { ReadRequest } from './read-request.ts';

type Answer = Extract<LiveMessage, { type: 'ack' | 'error' }>;

export interface RequestQueueOptions extends LiveSetsOptions {
  /** Carries out a request that is no set. */
  carryOut(request: LiveRequest): Promise<Ack>;
  /** What became of values of hardware, once a set applies; undefined when none is for hardware. */
  delivered(request: SetRequest): Promise<DeliveredOfTask[]> | undefined;
  answer(message: Answer): void;
  toBody(thrown: unknown): ErrorBody;
}

/**
 * The requests of one session, carried out and answered in the order they came. [control]
 *
 * Sets, and MIDI messages behind them, are on their way together: each is answered at the start of a block, and hands on ten
 * faders send more of them than there are blocks. Everything else waits until what came before it is answered. Only the answer to a
 * set of hardware comes out of turn, when it is known what became of it: a slow device holds up nothing else.
 */
export class RequestQueue {
  readonly #options: RequestQueueOptions;
  readonly #sets: LiveSets;
  /** The last request, answered. */
  #tail: Promise<void> = Promise.resolve();
  /** The last one that was neither a set nor MIDI, answered. */
  #lastOther: Promise<void> = this.#tail;
  #waiting = 0;

  constructor(options: RequestQueueOptions) {
    this.#options = options;
    this.#sets = new LiveSets(options);
  }

  /** Requests that wait for their answer. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Settles when all that came so far is answered. */
  get settled(): Promise<void> {
    return this.#tail;
  }

  /** Settles when it is answered. */
  take(read: ReadRequest): Promise<void> {
    this.#waiting++;
    const isValue = 'request' in read && (read.request.type === 'set' || read.request.type === 'midi');
    const message = this.#start(read).then(
      (ack) => ({ type: 'ack' as const, id: read.id!, ...ack }),
      (error) => ({ type: 'error' as const, id: read.id, error: this.#options.toBody(error) }),
    );
    this.#tail = this.#tail.then(async () => {
      const answer = await message;
      const isSet = answer.type === 'ack' && 'request' in read && read.request.type === 'set';
      const delivered = isSet ? this.#options.delivered(read.request as SetRequest) : undefined;
      if (delivered) void delivered.then((all) => this.#answer({ ...answer, delivered: all } as Answer));
      else this.#answer(answer);
    });
    if (!isValue) this.#lastOther = this.#tail;
    return this.#tail;
  }

  #answer(message: Answer): void {
    this.#options.answer(message);
    this.#waiting--;
  }

  #start(read: ReadRequest): Promise<Ack> {
    if ('error' in read) return Promise.reject(read.error);
    const { request } = read;
    if (request.type === 'set') return this.#sets.add(request, this.#lastOther);
    this.#sets.flush();
    const before = request.type === 'midi' ? this.#lastOther : this.#tail;
    return before.then(() => this.#options.carryOut(request));
  }
}
