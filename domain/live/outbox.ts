import type { LiveEvent, LiveMessage } from '@audiocloud/api';
import type { WebSocket } from 'ws';
import type { Cancel, Clock } from '../clock/clock.ts';
import { MergedChanges } from './merged-changes.ts';
import { sharedText } from './shared-text.ts';

/** With so much in the socket, what follows waits here, where newer values can take the place of older ones. */
const SOCKET_BYTES = 64 * 1024;
/** With so much waiting the client cannot follow: it is closed, and may resume. */
export const CLOSE_BYTES = 1024 * 1024;
/** So does one that took nothing of what waits for so long. */
export const CLOSE_MS = 10_000;
/** The close frame waits behind what the client does not read. */
const TERMINATE_MS = 2_000;
/** Of a change in a merged event, about. */
const CHANGE_BYTES = 100;
const TRY_AGAIN_LATER = 1013;

type Changed = Extract<LiveEvent, { type: 'changed' }>;
type PresenceMessage = Extract<LiveMessage, { type: 'presence' }>;
type Latest = Extract<LiveMessage, { type: 'meters' | 'counters' | 'guard' | 'pushed' }>;

/** Values that wait as one event. */
class MergedEvent {
  readonly #changes: MergedChanges;
  readonly #first: Changed;
  #last: Changed;
  #isOfOne = true;
  bytes: number;

  constructor(event: Changed) {
    this.#first = event;
    this.#last = event;
    this.#changes = new MergedChanges(event.changes);
    this.bytes = event.changes.length * CHANGE_BYTES;
  }

  add(event: Changed): void {
    this.#changes.add(event.changes);
    this.#isOfOne &&= event.origin === this.#first.origin;
    this.#last = event;
    this.bytes = this.#changes.size * CHANGE_BYTES;
  }

  text(): Buffer {
    const { sequence, frame, origin } = this.#last;
    if (this.#last === this.#first) return sharedText(this.#last);
    return Buffer.from(
      JSON.stringify({
        type: 'changed',
        sequence,
        from: this.#first.from ?? this.#first.sequence,
        ...(this.#isOfOne && origin !== undefined ? { origin } : {}),
        frame,
        changes: this.#changes.list,
      } satisfies Changed),
    );
  }
}

/** What an outbox needs of the `ws` package. */
export type OutboxSocket = Pick<WebSocket, 'send' | 'close' | 'terminate' | 'bufferedAmount' | 'readyState' | 'OPEN'>;

/**
 * What goes out on one socket. [control]
 *
 * As long as the client reads, everything goes out at once. For one that does not, the newest meters take the place of older ones, values
 * of the same parameters become one event, and in the end its connection is closed. It never delays another, and takes
 * no more memory than CLOSE_BYTES and one message.
 */
export class Outbox {
  readonly #socket: OutboxSocket;
  readonly #clock: Clock;
  #queue: (Buffer | MergedEvent)[] = [];
  #queuedBytes = 0;
  /** The last event that waits, while it may take in more. */
  #open: MergedEvent | undefined;
  readonly #latest = new Map<string, Latest>();
  #presence: PresenceMessage | undefined;
  #cancelPatience: Cancel | undefined;
  #isOver = false;
  /** Called when more may be given, after it was not so. */
  onRoom: () => void = () => undefined;

  constructor(socket: OutboxSocket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
  }

  /** So much of what was given is not with the system yet. */
  get waitingBytes(): number {
    return this.#queuedBytes + this.#socket.bufferedAmount;
  }

  /** What is given now goes out at once, and nothing waits before it. */
  get hasRoom(): boolean {
    return !this.#isClosed() && !this.#isBehind();
  }

  /** Answers and snapshots: all arrive, in order. */
  message(message: LiveMessage): void {
    this.text(Buffer.from(JSON.stringify(message)));
  }

  text(text: Buffer): void {
    if (this.#isClosed()) return;
    if (this.#isBehind()) this.#wait(text, text.length);
    else this.#send(text);
  }

  /** Events: all arrive, or what they come to. */
  event(event: LiveEvent): void {
    if (this.#isClosed()) return;
    if (!this.#isBehind()) this.#send(sharedText(event));
    else if (event.type === 'changed') this.#merge(event);
    else {
      this.#open = undefined;
      const text = sharedText(event);
      this.#wait(text, text.length);
    }
  }

  /** Meters, counters, guards: the newest one of each arrives. */
  latest(message: Latest): void {
    if (this.#isClosed()) return;
    if (!this.#isBehind()) this.#send(sharedText(message));
    else {
      this.#latest.set(message.type, message);
      this.#bePatient();
    }
  }

  presence(message: PresenceMessage): void {
    if (this.#isClosed()) return;
    if (!this.#isBehind()) this.#send(sharedText(message));
    else {
      this.#presence = this.#presence ? mergedPresence(this.#presence, message) : message;
      this.#bePatient();
    }
  }

  packet(bytes: Uint8Array): void {
    if (this.#isClosed()) return;
    if (this.waitingBytes > CLOSE_BYTES) this.giveUp();
    else this.#socket.send(bytes, this.#sent);
  }

  /** After all that waits. Nothing is sent behind it. */
  close(code: number, reason: string): void {
    if (this.#isClosed()) return;
    for (const entry of this.#queue) this.#send(entry instanceof MergedEvent ? entry.text() : entry);
    this.#end(code, reason);
  }

  /** At once; nothing that waits is sent. */
  cut(code: number, reason: string): void {
    if (this.#isClosed()) return;
    this.#end(code, reason);
    this.#clock.after(TERMINATE_MS, () => this.#socket.terminate());
  }

  #end(code: number, reason: string): void {
    this.#isOver = true;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#open = undefined;
    this.#latest.clear();
    this.#presence = undefined;
    this.#cancelPatience?.();
    this.#socket.close(code, reason);
  }

  /** The client is closed (1013), and may come back. */
  giveUp(): void {
    this.cut(TRY_AGAIN_LATER, 'too slow: connect again and resume');
  }

  #isClosed(): boolean {
    return this.#isOver || this.#socket.readyState !== this.#socket.OPEN;
  }

  #isBehind(): boolean {
    return this.#hasWaiting() || this.#socket.bufferedAmount > SOCKET_BYTES;
  }

  #hasWaiting(): boolean {
    return this.#queue.length > 0 || this.#latest.size > 0 || this.#presence !== undefined;
  }

  #wait(entry: Buffer | MergedEvent, bytes: number): void {
    if (this.waitingBytes > CLOSE_BYTES) this.giveUp();
    else {
      this.#queue.push(entry);
      this.#queuedBytes += bytes;
      this.#bePatient();
    }
  }

  #merge(event: Changed): void {
    if (!this.#open) {
      this.#open = new MergedEvent(event);
      this.#wait(this.#open, this.#open.bytes);
      return;
    }
    const before = this.#open.bytes;
    this.#open.add(event);
    this.#queuedBytes += this.#open.bytes - before;
    if (this.waitingBytes > CLOSE_BYTES) this.giveUp();
  }

  /** Until something of what waits went out. */
  #bePatient(): void {
    this.#cancelPatience ??= this.#clock.after(CLOSE_MS, () => this.giveUp());
  }

  #send(text: Buffer): void {
    this.#socket.send(text, { binary: false }, this.#sent);
  }

  /** The system took something: what waits may follow. */
  readonly #sent = (): void => {
    if (this.#isClosed() || this.#socket.bufferedAmount > SOCKET_BYTES) return;
    if (!this.#hasWaiting()) {
      this.onRoom();
      return;
    }
    this.#cancelPatience?.();
    this.#cancelPatience = undefined;
    let sent = 0;
    while (sent < this.#queue.length && this.#socket.bufferedAmount <= SOCKET_BYTES) {
      const entry = this.#queue[sent++]!;
      this.#queuedBytes -= entry instanceof MergedEvent ? entry.bytes : entry.length;
      if (entry === this.#open) this.#open = undefined;
      this.#send(entry instanceof MergedEvent ? entry.text() : entry);
    }
    this.#queue.splice(0, sent);
    if (this.#queue.length === 0) this.#sendLatest();
    if (this.#hasWaiting()) this.#bePatient();
    else if (this.hasRoom) this.onRoom();
  };

  #sendLatest(): void {
    const messages: object[] = [...this.#latest.values()];
    if (this.#presence) messages.push(this.#presence);
    this.#latest.clear();
    this.#presence = undefined;
    for (const message of messages) this.#send(sharedText(message));
  }
}

/** What two messages come to: who is seen how, and who is gone. */
function mergedPresence(first: PresenceMessage, second: PresenceMessage): PresenceMessage {
  const told = new Set([...second.present.map(({ session }) => session), ...second.left]);
  return {
    type: 'presence',
    present: [...first.present.filter(({ session }) => !told.has(session)), ...second.present],
    left: [...first.left.filter((session) => !told.has(session)), ...second.left],
  };
}
