import { hash as digest } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { AudioCloudError } from '@audiocloud/api';
import type { FastifyRequest } from 'fastify';
import type { Clock } from '../clock/clock.ts';
import { type Cause, causeBy } from '../events/cause.ts';
import type { Store, StoreWrite } from '../store/store.ts';

/** How long an answer is known again. */
export const KEPT_MS = 24 * 60 * 60 * 1000;
const RECEIPTS = 'receipt/';
/** Keys that sort by time, so that a sweep reads only what it takes away. */
const TIMES = 'receipt-time/';
const MOST_AT_ONCE = 200;

/** What is looked at of a request. */
export type AskedRequest = Pick<FastifyRequest, 'id' | 'method' | 'url' | 'headers' | 'body' | 'principal'>;

/** What the store keeps of a request with a key. */
interface Receipt {
  /** Of the request: the same key with another is refused. */
  fingerprint: string;
  atMs: number;
  /** JSON of an object; deflated, as base64, where it is long, as tasks are. Absent while only the first part of the request is done. */
  answer?: string;
}

/** A request with a key, however it came. */
export interface KeyedRequest {
  /** Of whoever asks: keys of two applications never meet. */
  application: string;
  idempotencyKey: string;
  /** What makes it the same request: the same text. */
  content: string;
  /** For the log: see EventSource. */
  request: string;
}

interface Running {
  fingerprint: string;
  answer: Promise<unknown>;
}

const hash = (text: string) => digest('sha256', text, 'hex');
/** Of JSON: what is shorter is not worth the work of making it smaller. */
const LONG = 1024;

/** As text, which begins as no base64 does, or as base64. */
function pack(answer: unknown): string {
  const text = JSON.stringify(answer ?? null);
  return text.length < LONG && text.startsWith('{') ? text : deflateRawSync(text).toString('base64');
}

function unpack(text: string): unknown {
  return JSON.parse(text.startsWith('{') ? text : inflateRawSync(Buffer.from(text, 'base64')).toString());
}

function contentOf({ method, url, headers, body }: AskedRequest): string {
  const isNew = headers['if-none-match'] ?? [];
  return JSON.stringify([method, url, headers['if-match'] ?? null, body ?? null].concat(isNew));
}

/**
 * Has a request with an `Idempotency-Key` take effect once, however often it comes. [control]
 *
 * Why a crash cannot apply it twice, nor lose it:
 * 1. The receipt (key, fingerprint, answer) is one of the writes of the transaction that stores the effect. After a crash
 *    both are there, and the request that comes again gets the answer of the receipt; or neither is, and then nobody had an
 *    answer, and the request is new.
 * 2. What the engine did for a request whose transaction never came is no effect: it has another revision of the task than
 *    the store, or a task that the store has not, or values that were not stored; when the domain comes back it is given what is
 *    stored.
 * 3. A request of two changes (a recall that edits the graph, then sets values) marks its receipt with the first one; when
 *    it comes again it goes on with the second.
 * 4. In one process a key is taken before anything is awaited: who comes while the first one runs waits for its answer. Two
 *    processes never share a store.
 * Outside of the store there is no such transaction: bytes to a fixed instance, and plugins that are read again, get their receipt
 * afterwards. A crash between sends the same values again.
 *
 * A refusal has no effect and leaves no receipt: the same request may be tried again.
 */
export class Idempotency {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #running = new Map<string, Running>();

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * The answer of `work`, or the one it gave when this request came before.
   *
   * Throws IDEMPOTENCY_KEY_USED when the key came with another request, and what `work` throws.
   */
  async once<R>(request: AskedRequest, work: (cause: Cause) => Promise<R>): Promise<R> {
    const idempotencyKey = request.headers['idempotency-key'];
    if (typeof idempotencyKey !== 'string') return work(causeBy({ request: request.id }));
    const { application } = request.principal;
    return this.onceFor({ application, idempotencyKey, content: contentOf(request), request: request.id }, work);
  }

  /** As `once`, of a request that came in another way than HTTP. */
  async onceFor<R>(
    { application, idempotencyKey, content, request }: KeyedRequest,
    work: (cause: Cause) => Promise<R>,
  ): Promise<R> {
    const key = `${application}/${hash(idempotencyKey)}`;
    const fingerprint = hash(content);
    const running = this.#running.get(key);
    if (running) {
      requireSame(running.fingerprint, fingerprint, idempotencyKey);
      return running.answer as Promise<R>;
    }
    const by = { request, idempotencyKey };
    const answer = this.#answer(key, fingerprint, by, work).finally(() => this.#running.delete(key));
    this.#running.set(key, { fingerprint, answer });
    return answer;
  }

  /** Forgets the receipts whose time is over. */
  async forget(): Promise<void> {
    const before = timeKey(this.#clock.now() - KEPT_MS + 1, '');
    for (;;) {
      const page = await this.#store.list<string>(TIMES, { limit: MOST_AT_ONCE });
      const over = page.filter(({ key }) => key < before);
      // A request that came again after its time has a younger receipt, which stays.
      const receipts = await Promise.all(over.map(({ value }) => this.#store.get<Receipt>(RECEIPTS + value)));
      const gone = receipts.filter((entry) => entry !== undefined).filter(({ value }) => !this.#isKept(value));
      await this.#store.write([...over, ...gone].map(({ key, revision }) => ({ key, expected: revision })));
      if (over.length < MOST_AT_ONCE) return;
    }
  }

  /** Forgets all answers that an application was given. */
  async forgetOf(application: string): Promise<void> {
    for (const prefix of [`${RECEIPTS}${application}/`, TIMES])
      for (let after: string | undefined; ; ) {
        const page = await this.#store.list<unknown>(prefix, { limit: MOST_AT_ONCE, ...(after ? { after } : {}) });
        const its = prefix === TIMES ? page.filter(({ value }) => String(value).startsWith(`${application}/`)) : page;
        await this.#store.write(its.map(({ key }) => ({ key })));
        if (page.length < MOST_AT_ONCE) break;
        after = page.at(-1)!.key;
        await this.#clock.turn();
      }
  }

  async #answer<R>(
    key: string,
    fingerprint: string,
    by: { request: string; idempotencyKey: string },
    work: (cause: Cause) => Promise<R>,
  ): Promise<R> {
    const stored = (await this.#store.get<Receipt>(RECEIPTS + key))?.value;
    const known = stored && this.#isKept(stored) ? stored : undefined;
    if (known) requireSame(known.fingerprint, fingerprint, by.idempotencyKey);
    if (known?.answer !== undefined) return unpack(known.answer) as R;
    let isWritten = false;
    const writes = (more: Partial<Receipt>): StoreWrite[] => {
      const atMs = this.#clock.now();
      return [
        { key: RECEIPTS + key, value: { fingerprint, atMs, ...more } satisfies Receipt },
        { key: timeKey(atMs, key), value: key },
      ];
    };
    const receipt = (answer: unknown) => {
      isWritten = true;
      return writes({ answer: pack(answer) });
    };
    const answer = await work({
      by,
      isKept: true,
      receipt,
      firstPart: () => writes({}),
      isFirstPartDone: known !== undefined,
    });
    if (!isWritten) await this.#store.write(receipt(answer));
    return answer;
  }

  #isKept({ atMs }: Receipt): boolean {
    return this.#clock.now() - atMs < KEPT_MS;
  }
}

const timeKey = (atMs: number, key: string) => `${TIMES}${String(atMs).padStart(15, '0')}/${key}`;

function requireSame(there: string, asked: string, key: string): void {
  if (there === asked) return;
  throw new AudioCloudError(
    'IDEMPOTENCY_KEY_USED',
    `Cannot take this request with the idempotency key '${key}': it came with another request; choose another key`,
    { idempotencyKey: key },
  );
}
