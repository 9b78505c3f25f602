import {
  type AdapterPort,
  AudioCloudError,
  type AwaitedAnswer,
  asAudioCloudError,
  type Delivery,
  type Value,
  type Wire,
} from '@audiocloud/api';
import type { InstanceSpec } from './adapter-message.ts';
import { answerMatcher, type Verdict } from './answer.ts';
import { isPage } from './byte-page.ts';
import { deadline } from './deadline.ts';
import { type DeviceClock, deviceClock } from './device-clock.ts';
import { DeviceEncoder } from './device-encoder.ts';
import { DeviceQueue, type Pushed } from './device-queue.ts';
import { type IncomingReader, incomingReader } from './incoming-reader.ts';
import type { Incoming } from './kinds/kind.ts';
import { questionBytes } from './question-bytes.ts';
import { type DecodedReport, ReportDecoder } from './report-decoder.ts';
import { SafetyGate, type SafetyMemory } from './safety/safety-gate.ts';
import { safetyRules } from './safety/safety-rules.ts';
import { type Taken, ValueDelivery } from './value-delivery.ts';
import { clampedValue } from './way-to-wire.ts';

const WRITE_DEADLINE_MS = 2000;

interface Write {
  /** Called when it is written. */
  bytes(): Uint8Array;
  answer?: AwaitedAnswer | undefined;
  /** Called when the device refused it. */
  undo?(): void;
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
  private readonly gate: SafetyGate;
  private readonly clock: DeviceClock;
  /** By parameter and value. */
  private readonly deliveries: ValueDelivery[][];
  /** Parameters by the report that confirms them. */
  private readonly readBack: Map<string, number[]>;
  private readonly polls: NodeJS.Timeout[] = [];
  private readonly waiting = new Set<(incoming: Incoming) => boolean>();
  private silence: NodeJS.Timeout | undefined;
  /** Aborted with the error that ends it: nothing that is under way may wait longer. */
  private readonly over = new AbortController();
  private isEnded = false;
  private isStarted = false;
  /** With which what waited was refused last. */
  private gaveUp: Error | undefined;
  /** What is sent first on the connection. */
  private first: Value[][];
  /** All that is sent first was sent: only now may a value be another one. */
  private readonly encoded = Promise.withResolvers<void>();

  /** memory: of the unit, kept by whoever connects it again and again. */
  constructor(
    spec: InstanceSpec,
    port: AdapterPort,
    events: SessionEvents,
    clock: DeviceClock = deviceClock,
    memory: SafetyMemory = new Map(),
  ) {
    this.spec = spec;
    this.first = spec.values;
    this.port = port;
    this.events = events;
    this.clock = clock;
    this.encoder = new DeviceEncoder(spec.model, spec.driver);
    this.reader = incomingReader(spec.driver);
    this.decoder = new ReportDecoder(spec.model, spec.driver);
    this.queue = new DeviceQueue<Write>({
      write: (writes) => this.write(writes),
      onFailure: (error) => this.lose(error.message),
      clock,
      gapMs: spec.driver.gapMs,
    });
    this.gate = new SafetyGate({ rules: safetyRules(spec.model, spec.driver), unit: spec.id, clock, memory });
    this.deliveries = spec.values.map((list, parameter) => list.map((_, index) => this.deliveryOf(parameter, index)));
    this.readBack = Map.groupBy(
      spec.model.parameters.keys().filter((parameter) => this.rulesOf(parameter).readBack),
      (parameter) => this.rulesOf(parameter).readBack!.report,
    );
    port.onClose((reason) => this.lose(reason));
    port.onData((bytes) => this.receive(bytes));
  }

  /** Bytes that meant nothing so far. */
  get garbage(): number {
    return this.reader.garbage + this.decoder.garbage;
  }

  /**
   * Reads what must be kept, sends all values in the order of the model, then polls, then sends those of which rules speak when
   * they allow it. Rejects when one does not arrive.
   */
  async start(): Promise<void> {
    const { driver, values } = this.spec;
    for (const [name, page] of Object.entries(driver.pages ?? {}))
      if (page.base) {
        const { ask, withinMs } = page.base;
        const { coming, cancel } = this.next((one) =>
          one instanceof Uint8Array && isPage(page, one) ? one : undefined,
        );
        try {
          await this.queue.push(`base ${name}`, { bytes: () => Uint8Array.from(ask) });
          this.encoder.take(name, await this.inTime(coming, withinMs, `Cannot read page ${name} of ${this.spec.id}`));
        } finally {
          cancel();
        }
      }
    const unsureMs = this.gate.unsureMs();
    if (unsureMs > 0) await this.sleep(unsureMs);
    if (this.isEnded) return;
    this.first = values.map((list, p) => list.map((value, index) => this.gate.placeholder(p, index, value)));
    const isLater = (p: number, index: number) => this.gate.guards(p, index) && !this.isInPage(p, index);
    const messages = this.encoder.all(this.first, isLater);
    const sent = messages.map(({ key, bytes }) => this.queue.push(key, { bytes: () => bytes, answer: driver.await }));
    await Promise.all(sent).then(
      () => this.holdsFirst(true),
      (error) => {
        this.holdsFirst(false);
        throw error;
      },
    );
    // Gaps and ramps go on from here.
    for (const [p, list] of this.deliveries.entries())
      for (const [index, delivery] of list.entries()) {
        this.queue.wrote(`${p} ${index}`);
        if (!isLater(p, index)) delivery.sentFirst(this.first[p]![index]!, this.clock.now());
      }
    this.encoded.resolve();
    if (this.isEnded) return;
    for (const [i, { everyMs }] of (driver.polling ?? []).entries()) {
      this.ask(i);
      this.polls.push(setInterval(() => this.ask(i), everyMs));
    }
    const confirmed = this.deliveries.flatMap((list, p) =>
      this.rulesOf(p).readBack
        ? list.map((delivery, index) => (this.gate.guards(p, index) ? undefined : delivery.confirmFirst()))
        : [],
    );
    await Promise.all([...confirmed, this.sendGuarded()]);
    this.isStarted = true;
  }

  /** Asks now all that is asked again and again. */
  poll(): void {
    for (const i of this.polls.keys()) this.ask(i);
  }

  /**
   * Resolves when the value was written, and taken where the driver awaits an answer, and confirmed where it is read back; or
   * as soon as a newer one takes its place. What has no place in the range of its parameter is clamped, whoever asked for it.
   * Rejects with VALUE_INTERLOCKED when a rule of the driver forbids it, with VALUE_REFUSED, VALUE_UNCONFIRMED, DRIVER_INVALID (the
   * bus cannot carry it), and with what ended the connection.
   */
  async set(parameter: number, index: number, value: Value): Promise<Taken> {
    if (this.gate.guards(parameter, index) && !this.isStarted)
      throw new AudioCloudError(
        'FIXED_INSTANCE_UNAVAILABLE',
        `Cannot set ${this.spec.model.parameters[parameter]!.id} of ${this.spec.id}: it is being connected; try again soon`,
      );
    return this.deliver(parameter, index, value, false);
  }

  /** As set, also while it is being connected. Those that are set at once know of each other. */
  setSafe(parameter: number, index: number, value: Value): Promise<Taken> {
    return this.deliver(parameter, index, value, false);
  }

  /** Refuses what was set and waits, for its rule or its turn, so that what is set next is sent next. Connecting goes on. */
  giveUp(error: Error): void {
    this.gaveUp = error;
    this.gate.giveUp(error);
    if (this.isStarted) this.queue.giveUp(error);
  }

  /** Refuses all that waits, and what is under way, with this error and closes the port. */
  async end(error: Error): Promise<void> {
    this.stop();
    this.encoded.promise.catch(() => {}); // nobody may be waiting
    this.encoded.reject(error);
    this.gate.end(error);
    this.queue.end(error);
    for (const delivery of this.deliveries.flat()) delivery.end(error);
    this.over.abort(error);
    await this.port.close().catch(() => {});
  }

  private async deliver(parameter: number, index: number, given: Value, isPatient: boolean): Promise<Taken> {
    const { gate } = this;
    const about = this.spec.model.parameters[parameter]!;
    const value = clampedValue(about, given);
    const delivery = this.deliveries[parameter]![index]!;
    // Asked for at once, so that those that are set together know of each other.
    const passage = gate.guards(parameter, index) ? gate.ask(parameter, index, about.id, value, isPatient) : undefined;
    await this.encoded.promise;
    if (!passage) return delivery.set(value);
    if ((await passage.opened) === 'replaced') return 'replaced';
    try {
      const taken = await delivery.set(value);
      passage.ended(taken);
      return taken;
    } catch (error) {
      // Of one that goes by steps, or is asked for afterwards, something may have been written.
      const { ramp, readBack } = this.rulesOf(parameter);
      passage.ended(error === this.gaveUp && !ramp && !readBack ? 'unsent' : undefined, error);
      throw error;
    }
  }

  /** `work`, but no longer than so many ms and than the session. */
  private inTime<T>(work: Promise<T>, milliseconds: number, action: string): Promise<T> {
    return deadline(work, milliseconds, action, this.over.signal);
  }

  /** No longer than the session. */
  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.clock.after(ms, resolve);
      this.over.signal.addEventListener('abort', () => {
        cancel();
        resolve();
      });
    });
  }

  private isInPage(parameter: number, index: number): boolean {
    return this.encoder.pageOf(parameter, index) !== undefined;
  }

  /** Pages have what they were first sent with. */
  private holdsFirst(isSure: boolean): void {
    for (const [p, list] of this.first.entries())
      for (const [index, value] of list.entries()) if (this.isInPage(p, index)) this.gate.held(p, index, value, isSure);
  }

  /** All values of which rules speak, each when it may be. What others need at their turn comes before, and gets its own value at last. */
  private async sendGuarded(): Promise<void> {
    const { values } = this.spec;
    const firsts = this.gate.firsts(values);
    await Promise.all(firsts.map(({ parameter, index, value }) => this.deliver(parameter, index, value, true)));
    const isFirst = (p: number, i: number) => firsts.some(({ parameter, index }) => parameter === p && index === i);
    for (const isLast of [false, true])
      await Promise.all(
        values.flatMap((list, p) =>
          list.map((value, index) =>
            this.gate.guards(p, index) && isFirst(p, index) === isLast
              ? this.deliver(p, index, value, true)
              : undefined,
          ),
        ),
      );
  }

  private ask(i: number): void {
    const poll = this.spec.driver.polling![i]!;
    const write = { bytes: () => questionBytes(poll, this.encoder), answer: poll.await };
    // A refused poll is asked again next time; what ends the session says so itself.
    this.queue.push(`poll ${i}`, write).catch(() => {});
  }

  private rulesOf(parameter: number): Delivery {
    const { driver, model } = this.spec;
    return driver.delivery?.[model.parameters[parameter]!.id] ?? {};
  }

  private deliveryOf(parameter: number, index: number): ValueDelivery {
    const { spec, encoder, queue, clock } = this;
    const { id } = spec.model.parameters[parameter]!;
    const delivery = this.rulesOf(parameter);
    const options = { group: encoder.pageOf(parameter, index), gapMs: delivery.gapMs };
    const question = delivery.readBack?.ask;
    let taken: Wire | undefined;
    // Answers to requests come in order: one that nobody waits for would be taken for the next.
    const answer = question?.request ? spec.driver.await : undefined;
    return new ValueDelivery({
      name: `${id} of ${spec.id}`,
      delivery,
      clock,
      push: async (next, begun) => {
        const wire = encoder.wire(parameter, index, next);
        const bytes = () => {
          begun();
          return encoder.encode(parameter, index, wire).bytes;
        };
        // A page must not go on with what the device refused.
        const undo = () => {
          const before = taken ?? encoder.wire(parameter, index, this.first[parameter]![index]!);
          encoder.encode(parameter, index, before);
        };
        const write = { bytes, answer: spec.driver.await, undo };
        const pushed = await queue.push(`${parameter} ${index}`, write, options);
        if (pushed.outcome === 'sent') taken = wire;
        return pushed;
      },
      ...(question
        ? {
            ask: (begun: () => void): Promise<Pushed> => {
              const bytes = () => {
                begun();
                return questionBytes(question, encoder);
              };
              return queue.push(`ask ${parameter} ${index}`, { bytes, answer });
            },
          }
        : {}),
    });
  }

  /** Several are values of one page: the last has them all. */
  private async write(writes: readonly Write[]): Promise<Error | undefined> {
    const { answer } = writes[0]!;
    const bytes = writes.map((write) => write.bytes()).at(-1)!;
    const refusal = await this.exchange(bytes, answer);
    if (refusal) for (const { undo } of writes) undo?.();
    return refusal;
  }

  private async exchange(bytes: Uint8Array, answer: AwaitedAnswer | undefined): Promise<Error | undefined> {
    const { id, driver } = this.spec;
    const action = `Cannot write to ${id}`;
    if (!answer) return this.send(bytes, action);
    const { coming, cancel } = this.next<Verdict>(answerMatcher(answer, driver));
    try {
      const refusal = await this.send(bytes, action);
      if (refusal) return refusal;
      const verdict = await this.inTime(coming, answer.withinMs, `Cannot go on with ${id}: its answer`);
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
      await this.inTime(this.port.write(bytes), WRITE_DEADLINE_MS, action);
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
    for (const { report, index, value } of reports)
      for (const parameter of this.readBack.get(report) ?? []) this.deliveries[parameter]![index]?.heard(value);
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
