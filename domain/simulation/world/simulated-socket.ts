import type { VirtualClock } from '../../clock/virtual-clock.ts';
import { Channel } from './channel.ts';

/** What the client's end of a socket hears. */
export interface SocketClient {
  message(text: string): void;
  closed(code: number, reason: string): void;
}

type Listener = (...values: never[]) => void;

/** What is on its way to the client. */
interface Sent {
  text: string;
  /** The network has taken it. */
  done: () => void;
}

const ABNORMAL = 1006;

/** A WebSocket as the domain has it (the parts of `ws` that it uses), with the client's end beside it. [control] */
export class SimulatedSocket {
  readonly OPEN = 1;
  readyState = 1;
  isPaused = false;
  readonly #listeners = new Map<string, Listener[]>();
  readonly #client: SocketClient;
  readonly #down: Channel<Sent>;
  readonly #up: Channel<string>;
  readonly #clock: VirtualClock;
  #held: string[] = [];
  #waitingBytes = 0;
  /** The client reads nothing. */
  #isStuck = false;
  #unread: Sent[] = [];

  constructor(clock: VirtualClock, delayMs: () => number, client: SocketClient) {
    this.#clock = clock;
    this.#client = client;
    this.#down = new Channel(clock, delayMs, (sent) => this.#arrive(sent));
    this.#up = new Channel(clock, delayMs, (text) => this.#take(text));
  }

  // The end of the domain.

  get bufferedAmount(): number {
    return this.#waitingBytes;
  }

  on(event: string, listener: Listener): this {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
    return this;
  }

  once(event: string, listener: Listener): this {
    return this.on(event, listener);
  }

  removeAllListeners(event: string): this {
    this.#listeners.delete(event);
    return this;
  }

  send(data: string | Uint8Array, ...rest: unknown[]): void {
    const done = (rest.find((one) => typeof one === 'function') ?? (() => undefined)) as () => void;
    if (this.readyState !== this.OPEN) return void this.#clock.after(0, done);
    const text = typeof data === 'string' ? data : String(data);
    this.#waitingBytes += text.length;
    this.#down.send({ text, done });
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    for (const text of this.#held.splice(0)) this.#take(text);
  }

  ping(): void {
    // Whoever is there answers by itself.
    if (!this.#isStuck) this.#clock.after(1, () => this.#emit('pong'));
  }

  close(code = 1000, reason = ''): void {
    if (this.readyState !== this.OPEN) return;
    this.readyState = 2;
    // The close frame waits behind what the client does not read.
    if (this.#isStuck) return;
    this.#down.send({ text: `\u0000${code} ${reason}`, done: () => undefined });
  }

  terminate(): void {
    this.drop();
  }

  // The end of the client.

  ask(message: object): void {
    this.#up.send(JSON.stringify(message));
  }

  /** The client stops to read, or reads again. */
  stick(isStuck: boolean): void {
    this.#isStuck = isStuck;
    if (!isStuck) for (const sent of this.#unread.splice(0)) this.#arrive(sent);
  }

  /** The connection is gone; both ends hear of it a little later, and nothing of what is under way. */
  drop(): void {
    if (this.readyState === 3) return;
    this.#up.cut();
    this.#down.cut();
    this.#end(ABNORMAL, '');
  }

  #arrive(sent: Sent): void {
    if (this.#isStuck) return void this.#unread.push(sent);
    const { text, done } = sent;
    this.#waitingBytes = Math.max(0, this.#waitingBytes - text.length);
    done();
    if (!text.startsWith('\u0000')) {
      if (this.readyState !== 3) this.#client.message(text);
      return;
    }
    const space = text.indexOf(' ');
    this.#end(Number(text.slice(1, space)), text.slice(space + 1));
  }

  #take(text: string): void {
    if (this.isPaused) this.#held.push(text);
    else if (this.readyState === this.OPEN) this.#emit('message', Buffer.from(text), false);
  }

  #end(code: number, reason: string): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.#clock.after(0, () => this.#emit('close', code, Buffer.from(reason)));
    this.#clock.after(0, () => this.#client.closed(code, reason));
  }

  #emit(event: string, ...values: unknown[]): void {
    for (const listener of this.#listeners.get(event) ?? []) (listener as (...values: unknown[]) => void)(...values);
  }
}
