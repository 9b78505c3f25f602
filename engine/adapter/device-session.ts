import { type AdapterPort, AudioCloudError, type AwaitedAnswer, asAudioCloudError, type Value } from '@audiocloud/api';
import type { InstanceSpec } from './adapter-message.ts';
import { answerMatcher, type Verdict } from './answer.ts';
import { isPage } from './byte-page.ts';
import { deadline } from './deadline.ts';
import { DeviceEncoder } from './device-encoder.ts';
import { DeviceQueue } from './device-queue.ts';
import { type IncomingReader, incomingReader } from './incoming-reader.ts';
import type { Incoming } from './kinds/kind.ts';
import { pollBytes } from './poll-bytes.ts';
import { type DecodedReport, ReportDecoder } from './report-decoder.ts';

const WRITE_DEADLINE_MS = 2000;

interface Write {
  bytes: Uint8Array;
  answer: AwaitedAnswer | undefined;
}

export interface SessionEvents {
  /** reports may be empty: then something came in that meant nothing. */
  onReports(reports: DecodedReport[]): void;
  /** Called once when the device is lost; the session is then of no more use. */
  onLost(reason: string): void;
}

/**
 * The talk with one device over one open port: writes in order, answers awaited, polls, reports. [control]
 *
 * A refused write fails alone. A write that fails, or an answer that does not come in time, ends the session.
 */
export class DeviceSession {
  private readonly spec: InstanceSpec;
  private readonly port: AdapterPort;
  private readonly events: SessionEvents;
  private readonly encoder: DeviceEncoder;
  private readonly reader: IncomingReader;
  private readonly decoder: ReportDecoder;
  private readonly queue: DeviceQueue<Write>;
  private readonly polls: NodeJS.Timeout[] = [];
  private readonly waiting = new Set<(incoming: Incoming) => boolean>();
  private silence: NodeJS.Timeout | undefined;
  private isEnded = false;
  /** Pages hold all their values: only now may one of them change. */
  private readonly encoded = Promise.withResolvers<void>();

  constructor(spec: InstanceSpec, port: AdapterPort, events: SessionEvents) {
    this.spec = spec;
    this.port = port;
    this.events = events;
    this.encoder = new DeviceEncoder(spec.model, spec.driver);
    this.reader = incomingReader(spec.driver);
    this.decoder = new ReportDecoder(spec.model, spec.driver);
    this.queue = new DeviceQueue<Write>(
      (write) => this.write(write),
      (error) => this.lose(error.message),
    );
    port.onClose((reason) => this.lose(reason));
    port.onData((bytes) => this.receive(bytes));
  }

  /** Bytes that meant nothing so far. */
  get garbage(): number {
    return this.reader.garbage + this.decoder.garbage;
  }

  /** Reads what must be kept, sends all values in the order of the model, then polls. Rejects when one does not arrive. */
  async start(): Promise<void> {
    const { driver, values } = this.spec;
    for (const [name, page] of Object.entries(driver.pages ?? {}))
      if (page.base) {
        const { ask, withinMs } = page.base;
        const { coming, cancel } = this.next((one) =>
          one instanceof Uint8Array && isPage(page, one) ? one : undefined,
        );
        try {
          await this.queue.push(`base ${name}`, { bytes: Uint8Array.from(ask), answer: undefined });
          this.encoder.take(name, await deadline(coming, withinMs, `Cannot read page ${name} of ${this.spec.id}`));
        } finally {
          cancel();
        }
      }
    const messages = this.encoder.all(values);
    const sent = messages.map(({ key, bytes }) => this.queue.push(key, { bytes, answer: driver.await }));
    this.encoded.resolve();
    await Promise.all(sent);
    if (this.isEnded) return;
    for (const [i, { everyMs }] of (driver.polling ?? []).entries()) {
      this.ask(i);
      this.polls.push(setInterval(() => this.ask(i), everyMs));
    }
  }

  /** Asks now all that is asked again and again. */
  poll(): void {
    for (const i of this.polls.keys()) this.ask(i);
  }

  /** Resolves when the value was written, and taken where the driver awaits an answer. */
  async set(parameter: number, index: number, value: Value): Promise<void> {
    await this.encoded.promise;
    const { key, bytes } = this.encoder.one(parameter, index, value);
    await this.queue.push(key, { bytes, answer: this.spec.driver.await });
  }

  /** Refuses all that waits with this error and closes the port. */
  async end(error: Error): Promise<void> {
    this.stop();
    this.encoded.promise.catch(() => {}); // nobody may be waiting
    this.encoded.reject(error);
    this.queue.end(error);
    await this.port.close().catch(() => {});
  }

  private ask(i: number): void {
    const poll = this.spec.driver.polling![i]!;
    const bytes = pollBytes(poll, this.encoder);
    // A refused poll is asked again next time; what ends the session says so itself.
    this.queue.push(`poll ${i}`, { bytes, answer: poll.await }).catch(() => {});
  }

  private async write({ bytes, answer }: Write): Promise<Error | undefined> {
    const { id, driver } = this.spec;
    const action = `Cannot write to ${id}`;
    if (!answer) return this.send(bytes, action);
    const { coming, cancel } = this.next<Verdict>(answerMatcher(answer, driver));
    try {
      const refusal = await this.send(bytes, action);
      if (refusal) return refusal;
      const verdict = await deadline(coming, answer.withinMs, `Cannot go on with ${id}: its answer`);
      return verdict === 'refused'
        ? new AudioCloudError('VALUE_REFUSED', `${action}: the device refused it; correct the value or the driver`)
        : undefined;
    } finally {
      cancel();
    }
  }

  /** Resolves with an error when the adapter refuses these bytes alone. Rejects when they cannot leave. */
  private async send(bytes: Uint8Array, action: string): Promise<AudioCloudError | undefined> {
    try {
      await deadline(this.port.write(bytes), WRITE_DEADLINE_MS, action);
      return undefined;
    } catch (thrown) {
      const error = asAudioCloudError(thrown, 'ADAPTER_FAILED');
      if (error.code !== 'DRIVER_INVALID') throw error;
      return error;
    }
  }

  /** The next thing that comes in and is `wanted`. */
  private next<T>(wanted: (incoming: Incoming) => T | undefined): { coming: Promise<T>; cancel: () => void } {
    const { promise, resolve } = Promise.withResolvers<T>();
    const look = (incoming: Incoming) => {
      const found = wanted(incoming);
      if (found === undefined) return false;
      this.waiting.delete(look);
      resolve(found);
      return true;
    };
    this.waiting.add(look);
    return { coming: promise, cancel: () => this.waiting.delete(look) };
  }

  private receive(bytes: Uint8Array): void {
    if (this.isEnded) return;
    this.hear();
    const before = this.garbage;
    const reports: DecodedReport[] = [];
    for (const incoming of this.reader.push(bytes)) {
      if (incoming === '') continue; // an empty line says nothing
      const isAnswer = [...this.waiting].map((look) => look(incoming)).includes(true);
      reports.push(...this.decoder.read(incoming, isAnswer));
    }
    if (reports.length || this.garbage !== before) this.events.onReports(reports);
  }

  /** A device that spoke once must go on, where the driver says so. */
  private hear(): void {
    const { lostAfterMs } = this.spec.driver;
    if (lostAfterMs === undefined) return;
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.lose(`it has been silent for ${lostAfterMs} ms`), lostAfterMs);
  }

  private lose(reason: string): void {
    if (this.isEnded) return;
    this.stop();
    this.events.onLost(reason);
  }

  private stop(): void {
    this.isEnded = true;
    clearTimeout(this.silence);
    for (const poll of this.polls) clearInterval(poll);
  }
}
